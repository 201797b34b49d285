/**
 * Rows from disk that are not shown yet, because the collection has fresher ones that came by another way (`hydrate`,
 * `initialData`): they wait until the source has spoken.
 */

import type { Key } from '../../values/key.js'

export interface HeldRow {
  readonly row: object
  readonly metadata: unknown
}

export type HeldRows = ReadonlyMap<Key, HeldRow>

export const NOTHING_HELD: HeldRows = new Map()
