/** One side of a case, in a thread of its own. See sides.ts. */

import { parentPort } from 'node:worker_threads'
import { todos } from './rows.js'
import type { Measured, SideName, Task } from './sides.js'
import { openDaybookStore } from './stores/daybook.js'
import { openMemoryStore } from './stores/memory.js'
import { openPeerStore } from './stores/peer.js'
import type { Store } from './stores/store.js'
import { milliseconds, perSecond } from './timing.js'

const OPEN: Record<SideName, (filename: string) => Promise<Store>> = {
  daybook: openDaybookStore,
  peer: openPeerStore,
  memory: openMemoryStore,
}

async function measure({ side, filename, count, together }: Task): Promise<Measured> {
  const rows = todos(count)
  const store = await OPEN[side](filename)
  const inserted = await milliseconds(async () => {
    if (together) await store.insert(rows)
    else for (const row of rows) await store.insert(row)
  })
  if (store.size !== count) throw new Error(`${store.size} of ${count} rows are there.`)
  const closed = inserted + (await milliseconds(() => store.close()))
  return { inserted: perSecond(count, inserted), closed: perSecond(count, closed) }
}

parentPort?.on('message', (task: Task) => {
  measure(task).then(
    (measured) => parentPort?.postMessage({ measured }),
    (error: unknown) =>
      parentPort?.postMessage({ error: error instanceof Error ? error.stack : String(error) }),
  )
})
