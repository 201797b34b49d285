/** Files of the tests with several processes, and how to look into them once the processes are gone. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type Daybook, openDaybook } from '../../src/node.js'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** The name of a file that does not exist yet; it goes with the test. */
export function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-processes-'))
  folders.push(folder)
  return join(folder, 'daybook.db')
}

/** Opens a file, does something with it, closes it. */
export async function withDaybook<T>(filename: string, work: (daybook: Daybook) => Promise<T>): Promise<T> {
  const daybook = openDaybook({ filename, retain: 'all' })
  try {
    return await work(daybook)
  } finally {
    await daybook.close()
  }
}

/** The rows of a collection in the file, by key. */
export async function rowsOf<T>(daybook: Daybook, collection: string): Promise<Map<string | number, T>> {
  const { rows } = await daybook.journal.query(collection)
  return new Map(rows.map(({ key, value }) => [JSON.parse(key) as string | number, JSON.parse(value) as T]))
}

/** The seed of this run; `DAYBOOK_SEED=…` is another one. Printed, so that a failure can be repeated. */
export function printedSeed(what: string): number {
  const seed = Number(process.env.DAYBOOK_SEED ?? 7)
  console.info(`${what}: DAYBOOK_SEED=${seed}`)
  return seed
}

/** Numbers that the seed decides. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
