/** Values on their way into the log and out of it, as this handle writes and reads them. */

import { decodeOpsWith } from '../../log/decode-ops.js'
import { encodeOpsWith, type Op } from '../../log/op.js'
import type { Codecs } from '../../values/codecs.js'
import { sameValue } from '../../values/same.js'
import { decodeValue, type Encoded, encodeValue, type Json, type Note } from '../../values/value.js'

export class Codec {
  /** What the app keeps with codecs of its own. */
  readonly codecs: Codecs

  constructor(codecs: Codecs) {
    this.codecs = codecs
  }

  /** The body of a transaction, in parts.
   *
   * @throws UnkeepableValueError, InvalidKeyError, InvalidTransactionError
   */
  encodeOps(ops: Iterable<Op>): readonly string[] {
    return encodeOpsWith(this.codecs, ops)
  }

  /** The ops of a part, without those that were blanked.
   *
   * @throws UnreadableValueError, MissingCodecError
   */
  decodeOps(part: string): Op[] {
    return decodeOpsWith(this.codecs, part)
  }

  /** A value as JSON and notes.
   *
   * @throws UnkeepableValueError
   */
  encode(value: unknown): Encoded {
    return encodeValue(value, this.codecs)
  }

  /** The value that JSON and notes stand for; it takes `json` over.
   *
   * @throws UnreadableValueError, MissingCodecError
   */
  decode(json: Json | undefined, notes: readonly Note[] | null | undefined): unknown {
    return json === undefined || !notes ? json : decodeValue(json, notes, this.codecs)
  }

  /** The same, of the texts in a row table. */
  decodeTexts(json: string, notes: string | null): unknown {
    return this.decode(JSON.parse(json) as Json, notes === null ? null : (JSON.parse(notes) as Note[]))
  }

  /** Whether two values are the same to the log. */
  isSame(one: unknown, other: unknown): boolean {
    return sameValue(one, other, this.codecs)
  }
}
