/** Asking the rows on disk by their keys. */

import type { Position } from '../../errors.js'
import type { Expression } from '../../materializer/subset/subset.js'
import { decodeKey } from '../../values/decode-key.js'
import type { Key } from '../../values/key.js'
import type { Journal } from '../journal/journal.js'

/** Which of some keys the rows on disk have, and the position at which that is so. */
export async function keysOnDisk(
  journal: Journal,
  collection: string,
  keys: readonly Key[],
): Promise<{ readonly keys: ReadonlySet<Key>; readonly at: Position }> {
  const { rows, at } = await journal.query(collection, { where: hasOneOf(keys) })
  return { keys: new Set(rows.map(({ key }) => decodeKey(key))), at }
}

/** The condition that a row has one of some keys. */
export const hasOneOf = (keys: readonly Key[]): Expression => ({
  type: 'func',
  name: 'in',
  args: [
    { type: 'ref', path: ['$key'] },
    { type: 'val', value: keys },
  ],
})
