/**
 * Opening a file and loading its 100,000 rows, each time in a new process: no code is warm, the disk cache is. The floor
 * is what nobody can avoid: read the rows, parse them, hand them to a collection that keeps nothing.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench, Case } from '../case.js'
import { createPlainFile } from '../plain-file.js'
import { type Todo, todos } from '../rows.js'
import { openDaybookStore } from '../stores/daybook.js'
import { openPeerStore } from '../stores/peer.js'
import type { Store } from '../stores/store.js'

const CHILD = fileURLToPath(new URL('../children/hydrate.js', import.meta.url))

/** Rows in one transaction while the files are made. */
const CHUNK = 10_000

export const hydrate100k: Case = {
  figures: ['hydrate-100k', 'hydrate-100k-peer'],
  async prepare(bench) {
    const rows = todos(bench.size(100_000, 2000))
    const files = await makeFiles(bench, rows)
    return async () => {
      const ours = await hydrate('daybook', files.ours, rows.length)
      const floor = await hydrate('floor', files.plain, rows.length)
      const peer = await hydrate('peer', files.peer, rows.length)
      return [
        { figure: 'hydrate-100k', ours, theirs: floor },
        { figure: 'hydrate-100k-peer', ours, theirs: peer },
      ]
    }
  },
}

async function makeFiles(bench: Bench, rows: Todo[]) {
  const files = { ours: bench.path('ours.db'), plain: bench.path('plain.db'), peer: bench.path('peer.db') }
  await fill(await openDaybookStore(files.ours), rows)
  createPlainFile(files.plain, rows)
  await fill(await openPeerStore(files.peer), rows)
  return files
}

async function fill(store: Store, rows: Todo[]): Promise<void> {
  for (let from = 0; from < rows.length; from += CHUNK) await store.insert(rows.slice(from, from + CHUNK))
  await store.close()
}

/** Milliseconds, as measured by the child from before the opening until the rows are there. */
async function hydrate(side: string, filename: string, count: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, side, filename])
  const { ms, size } = JSON.parse(stdout) as { ms: number; size: number }
  if (size !== count) throw new Error(`${side} loaded ${size} of ${count} rows.`)
  return ms
}
