/** Destroys a daybook, or has it open while another process does: `destroy FILE WHAT`. */

import { createCollection } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { say } from './say.js'

const [filename, what] = process.argv.slice(2) as [string, string]

const daybook = openDaybook({ filename })
const put = (to: typeof daybook, key: string) =>
  to.write([{ op: 'put', collection: 'rows', key, value: { id: key } }])

switch (what) {
  case 'destroy':
    await daybook.ready
    say({ opened: true })
    await daybook.destroy()
    say({ destroyed: true })
    break
  case 'follow': {
    const rows = createCollection(
      persistedCollectionOptions({
        id: 'rows',
        persistence: daybook,
        getKey: (row: { id: string }) => row.id,
      }),
    )
    daybook.on('destroyed', ({ here }) => say({ told: { here, status: rows.status } }))
    await rows.preload()
    say({ opened: true })
    process.stdin.once('data', async () => {
      const failure = await put(daybook, 'late').catch((error: { code: string }) => error.code)
      const next = openDaybook({ filename })
      await put(next, 'next')
      await next.close()
      say({ failure })
      process.stdin.destroy()
    })
    break
  }
  case 'write': {
    // Opens it again whenever it is destroyed, until it is told to end.
    let isOver = false
    process.stdin.once('data', () => {
      isOver = true
    })
    let handle = daybook
    for (let life = 0, n = 0; !isOver; n++) {
      const key = `${life}/${n}`
      try {
        await put(handle, key)
        say({ kept: key, life })
      } catch (error) {
        if ((error as { code?: string }).code !== 'DAYBOOK_DESTROYED') throw error
        life++
        handle = openDaybook({ filename })
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await handle.close()
    process.stdin.destroy()
    break
  }
}
