/** Uses a daybook and does not close it: `exit FILE WHAT`. Must end by itself when nothing else is pending. */

import { createCollection } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { contendFor, internalsOf } from './contend-for.js'
import { say } from './say.js'

const [filename, what] = process.argv.slice(2) as [string, string]

const daybook = openDaybook({ filename })
const rows = createCollection(
  persistedCollectionOptions({
    id: 'rows',
    persistence: daybook,
    getKey: (row: { id: number }) => row.id,
  }),
)

switch (what) {
  case 'subscribed':
    rows.subscribeChanges(() => undefined)
    await rows.preload()
    await rows.insert({ id: 1 }).isPersisted.promise
    break
  case 'following':
    await daybook.ready
    // Nothing awaits the next entry.
    void (async () => {
      for await (const { position } of daybook.entries({ follow: true })) say({ seq: position.seq })
    })()
    break
  case 'pending':
    // Not awaited: the process is on its way out, and still finishes it.
    rows.subscribeChanges(() => undefined)
    rows.insert({ id: 1 })
    break
  case 'owner': {
    // The second one waits for the first, and both for the end of the process.
    const role = { onLost: () => undefined }
    await new Promise<void>((resolve) => contendFor(daybook, 'rows', { ...role, onOwner: () => resolve() }))
    contendFor(openDaybook({ filename }), 'rows', { ...role, onOwner: () => say({ owners: 2 }) })
    break
  }
  case 'uncaught':
    await daybook.ready
    internalsOf(daybook).events.report(new Error('nobody listens'))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    say({ survived: true })
    break
}
say({ done: what })
