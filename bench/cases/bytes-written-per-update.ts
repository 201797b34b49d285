/**
 * Bytes that the process hands to the disk for an update of one field of one row: what it gives to write(2), as Linux
 * counts it (`wchar`), which is WAL and checkpoints into the database file, and the closing too. A turn of the event
 * loop lies between two updates, so that daybook posts when it would in an app: a burst is posted together. In the
 * sparse figure every update is posted before the next, which is the worst case.
 */

import { setImmediate } from 'node:timers/promises'
import { bytesWritten } from '../bytes-written.js'
import type { Case } from '../case.js'
import { COLLECTION, type Todo, todos } from '../rows.js'
import { openDaybookStore } from '../stores/daybook.js'
import { openPeerStore } from '../stores/peer.js'
import type { Store } from '../stores/store.js'

type Opened<S extends Store> = (filename: string) => Promise<S>

export const bytesWrittenPerUpdate: Case = {
  figures: ['bytes-written-per-update', 'bytes-written-per-update-sparse'],
  warmUps: 0,
  async prepare(bench) {
    const rows = todos(1000)
    const updates = bench.size(2000, 300)

    /** Fills a file, opens it again, and counts while rows all over it are updated. */
    const side = async <S extends Store>(
      filename: string,
      open: Opened<S>,
      afterEach?: (store: S) => Promise<unknown>,
    ): Promise<number> => {
      await fill(await open(filename), rows)
      const store = await open(filename)
      const before = bytesWritten()
      for (let count = 0; count < updates; count++) {
        await store.update(1 + ((count * 37) % rows.length), `Write down what happened again (${count})`)
        await afterEach?.(store)
        await setImmediate()
      }
      await store.close()
      return (bytesWritten() - before) / updates
    }
    return async (path) => {
      const ours = await side(path('ours.db'), openDaybookStore)
      const theirs = await side(path('peer.db'), openPeerStore)
      // A read posts what was appended.
      const sparse = await side(path('sparse.db'), openDaybookStore, ({ daybook }) =>
        daybook.journal.query(COLLECTION),
      )
      return [
        { figure: 'bytes-written-per-update', ours, theirs },
        { figure: 'bytes-written-per-update-sparse', ours: sparse, theirs },
      ]
    }
  },
}

async function fill(store: Store, rows: Todo[]): Promise<void> {
  await store.insert(rows)
  await store.close()
}
