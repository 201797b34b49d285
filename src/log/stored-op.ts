/** Ops as a body has them: arrays that begin with the op's name. `docs/log-format.md` describes each. */

import type { Key } from '../values/key.js'
import type { Json, Note } from '../values/value.js'
import { isVersion } from './version.js'

/** An op as the body has it. The trailing elements are left out where there is nothing to say. */
export type StoredOp =
  | readonly ['put', string, Key, Json, (readonly Note[])?]
  | readonly ['patch', string, Key, Json, (readonly Note[] | null)?, (readonly string[])?]
  | readonly ['delete', string, Key]
  | readonly ['truncate', string]
  | readonly ['meta', string, Key, Json?, (readonly Note[])?]
  | readonly ['state', string, string, Json?, (readonly Note[])?]
  | readonly ['reset', string]
  | readonly ['claim', string]
  | readonly ['schema', string, from: number, to: number]
  /** Stands where ops of the collection were blanked; does nothing. No transaction has it. */
  | readonly ['redacted', string]

/** Whether something is a well-formed op of a transaction. */
export function isStoredOp(op: unknown): op is StoredOp {
  if (!Array.isArray(op) || typeof op[1] !== 'string') return false
  const isKey = typeof op[2] === 'string' || (typeof op[2] === 'number' && Number.isFinite(op[2]))
  const notes = op[4] === undefined || areNotes(op[4])
  switch (op[0]) {
    case 'put':
      return isKey && isRow(op[3], op[4]) && notes && op.length <= 5
    case 'patch': {
      const unset =
        op[5] === undefined || (Array.isArray(op[5]) && op[5].every((name) => typeof name === 'string'))
      return isKey && isRow(op[3], op[4]) && (notes || op[4] === null) && unset && op.length <= 6
    }
    case 'delete':
      return isKey && op.length === 3
    case 'meta':
      return isKey && notes && op.length <= 5
    case 'state':
      return typeof op[2] === 'string' && notes && op.length <= 5
    case 'truncate':
    case 'reset':
    case 'claim':
      return op.length === 2
    case 'schema':
      return isVersion(op[2]) && isVersion(op[3]) && op.length === 4
    default:
      return false
  }
}

/** A row and the fields of a patch are plain objects: not an array, and not something that a note makes of them. */
const isRow = (json: unknown, notes: unknown): boolean =>
  typeof json === 'object' &&
  json !== null &&
  !Array.isArray(json) &&
  !(Array.isArray(notes) && notes.some((note) => Array.isArray(note) && note.length === 1))

const areNotes = (notes: unknown): boolean =>
  Array.isArray(notes) &&
  notes.every(
    (note) =>
      Array.isArray(note) &&
      note.length > 0 &&
      typeof note[0] === 'string' &&
      note.every((step) => typeof step === 'string' || typeof step === 'number'),
  )
