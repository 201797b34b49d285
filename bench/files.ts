/** The folders of the benchmark, and the files that it makes: on a real disk, gone when it ends. */

import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** From build/bench. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const PEER_FOLDER = join(ROOT, 'bench/peer')

/** Linux's number for a filesystem in memory, where a commit costs no disk. */
const TMPFS = 0x01021994

/** A folder inside the temporary one. */
export interface Folder {
  readonly path: (name: string) => string
  remove(): void
}

/** The folder of this run. It is gone with the process, also when that is interrupted. */
export class TemporaryFolder {
  readonly root: string
  #count = 0

  constructor() {
    const inMemory = statfsSync(tmpdir()).type === TMPFS
    const parent = inMemory ? join(ROOT, 'build') : tmpdir()
    mkdirSync(parent, { recursive: true })
    this.root = mkdtempSync(join(parent, 'daybook-bench-'))
    process.once('exit', () => remove(this.root))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => process.exit(130))
    }
  }

  /** A new folder in it. */
  folder(): Folder {
    const folder = join(this.root, String(++this.#count))
    mkdirSync(folder)
    return { path: (name) => join(folder, name), remove: () => remove(folder) }
  }
}

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** Brings a copy to the disk, or the first checkpoint would have to. */
export async function flush(filename: string): Promise<void> {
  const file = await open(filename, 'r+')
  await file.sync()
  await file.close()
}
