/** Values on their way into the log and out of it, as this handle writes and reads them. */

import { encodeOps, type Op } from '../../log/op.js'
import { decodeValue, type Json, type Note } from '../../values/value.js'

export class Codec {
  /** The body of a transaction, in parts.
   *
   * @throws UnkeepableValueError, InvalidKeyError, InvalidTransactionError
   */
  encodeOps(ops: Iterable<Op>): readonly string[] {
    return encodeOps(ops)
  }

  /** The value that JSON and notes stand for; it takes `json` over.
   *
   * @throws UnreadableValueError
   */
  decode(json: Json | undefined, notes: readonly Note[] | null | undefined): unknown {
    return json === undefined || !notes ? json : decodeValue(json, notes)
  }
}
