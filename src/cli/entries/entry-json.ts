/** Entries in the JSON shape of docs/cli-json.md. */

import type { Entry } from '../../log/entry.js'
import { formatPosition } from '../../log/entry.js'
import type { Scanned } from '../../log/scan.js'
import type { StoredOp } from '../../log/stored-op.js'
import { time } from '../output/words.js'
import { bytesOf, changesOf, opsOf } from './changes.js'

/** An entry, or a place where none can be read. `data`: with its values. */
export function scannedJson(scanned: Scanned, data: boolean): Readonly<Record<string, unknown>> {
  if (scanned.entry === undefined) {
    return { type: 'damage', seq: scanned.seq, through: scanned.through, damage: scanned.damage }
  }
  return { type: 'entry', ...entryJson(scanned.entry, data), damage: scanned.damage }
}

export const entryJson = (entry: Entry, data: boolean) => ({
  position: formatPosition(entry.position),
  ...entry.position,
  kind: entry.kind,
  transaction: `${entry.origin}:${entry.originSeq}`,
  origin: entry.origin,
  originSeq: entry.originSeq,
  committedAt: time(entry.committedAt),
  bytes: bytesOf(entry),
  checksum: entry.checksum,
  changes: changesOf(entry),
  ...(data && { ops: opsOf(entry).map(opJson) }),
})

/** An op with named fields; values are as they are stored, with the notes that docs/log-format.md explains. */
export function opJson(op: StoredOp): Readonly<Record<string, unknown>> {
  const [name, collection] = op
  switch (op[0]) {
    case 'put':
      return { op: name, collection, key: op[2], value: op[3], notes: op[4] }
    case 'patch':
      return { op: name, collection, key: op[2], fields: op[3], notes: op[4] ?? undefined, unset: op[5] }
    case 'delete':
      return { op: name, collection, key: op[2] }
    case 'meta':
      return { op: name, collection, key: op[2], value: op[3], notes: op[4] }
    case 'state':
      return { op: name, collection, name: op[2], value: op[3], notes: op[4] }
    case 'schema':
      return { op: name, collection, from: op[2], to: op[3] }
    default:
      return { op: name, collection }
  }
}
