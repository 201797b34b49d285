/** Ops that were read from the log, with values as the app knows them. */

import { MissingCodecError } from '../errors.js'
import { type Codecs, NO_CODECS } from '../values/codecs.js'
import { encodeKey, type Key } from '../values/key.js'
import { decodeValue, type Json, type Note } from '../values/value.js'
import { parseOps } from './body.js'
import type { Op } from './op.js'
import type { StoredOp } from './stored-op.js'

/** An op that somebody asked for. */
type AskedOp = Exclude<StoredOp, readonly ['redacted', string]>

const isAsked = (op: StoredOp): op is AskedOp => op[0] !== 'redacted'

/** The ops of a part, with values as the app knows them, made anew at each call; without those that were blanked.
 *
 * @throws UnreadableValueError when a value cannot be read by this runtime; MissingCodecError when a codec keeps it
 */
export const decodeOps = (part: string): Op[] => decodeOpsWith(NO_CODECS, part)

/** The same, with the codecs of a daybook. */
export const decodeOpsWith = (codecs: Codecs, part: string): Op[] =>
  parseOps(part)
    .filter(isAsked)
    .map((op) => decodeOp(op, codecs))

/** An op with values as the app knows them.
 *
 * @throws UnreadableValueError when a value cannot be read by this runtime; MissingCodecError
 */
export function decodeOp(stored: AskedOp, codecs: Codecs): Op {
  try {
    return decoded(stored, codecs)
  } catch (error) {
    if (!(error instanceof MissingCodecError)) throw error
    const [kind, collection, which] = stored
    throw new MissingCodecError(error.codec, {
      collection,
      ...(kind === 'state' ? { stateName: which } : { key: encodeKey(which as Key) }),
    })
  }
}

function decoded(stored: AskedOp, codecs: Codecs): Op {
  const collection = stored[1]
  switch (stored[0]) {
    case 'put':
      return {
        op: 'put',
        collection,
        key: stored[2],
        value: decodeValue(stored[3], stored[4], codecs) as object,
      }
    case 'patch': {
      const fields = decodeValue(stored[3], stored[4] ?? undefined, codecs) as object
      const patch = { op: 'patch', collection, key: stored[2], fields } as const
      return stored[5] === undefined ? patch : { ...patch, unset: stored[5] }
    }
    case 'delete':
      return { op: 'delete', collection, key: stored[2] }
    case 'meta':
      return { op: 'meta', collection, key: stored[2], value: optional(stored[3], stored[4], codecs) }
    case 'state':
      return { op: 'state', collection, name: stored[2], value: optional(stored[3], stored[4], codecs) }
    case 'truncate':
    case 'reset':
    case 'claim':
      return { op: stored[0], collection }
    case 'schema':
      return { op: 'schema', collection, from: stored[2], to: stored[3] }
  }
}

const optional = (json: Json | undefined, notes: readonly Note[] | undefined, codecs: Codecs): unknown =>
  json === undefined ? undefined : decodeValue(json, notes, codecs)
