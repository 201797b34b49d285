/** Ranges of the log as git writes them: `a..b` is what comes after a, through b. */

import type { DatabaseFile } from '../database-file.js'
import { type Extent, extentOf, resolvePosition } from './position.js'

/** What the `--help` of verbs with a range says. */
export const RANGES = `
A range is a..b, as in git: the entries after a, through b. Without a it begins at the floor, without b it ends at the
head; a position alone means everything through it.`

/** The entries after a seq, through another one. */
export interface Range extends Extent {
  readonly after: number
  readonly through: number
}

/** @throws UsageError */
export async function resolveRange(file: DatabaseFile, text: string | undefined): Promise<Range> {
  const extent = await extentOf(file)
  const beginning = extent.floor.seq - 1
  if (text === undefined) return { ...extent, after: beginning, through: extent.head.seq }
  const [from, to] = text.includes('..') ? text.split('..', 2) : ['', text]
  return {
    ...extent,
    after: from ? (await resolvePosition(file, from)).seq : beginning,
    through: to ? (await resolvePosition(file, to)).seq : extent.head.seq,
  }
}
