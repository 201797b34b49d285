/**
 * Values on their way out of the log, in a context that may not have the code for all of them: rows that are JSON already
 * need none, all others (with dates, maps, bytes, `undefined` …) come with notes, and wait for it.
 */

import type { StoredOp } from '../log/stored-op.js'
import type { Json, Note } from '../values/value.js'
import type { LaterCode } from './code.js'

/** What is stored with notes, where it is more than JSON. */
interface Noted {
  readonly notes: string | null
  readonly metadata_notes?: string | null
}

export class Codec {
  readonly #later: LaterCode

  constructor(later: LaterCode) {
    this.#later = later
  }

  /** Whether these rows, or pieces of a collection's metadata, can be read as they are. */
  canRead(stored: readonly Noted[]): boolean {
    return (
      this.#later.loaded !== undefined || !stored.some(({ notes, metadata_notes }) => notes || metadata_notes)
    )
  }

  /** Whether these ops can. */
  canReadOps(ops: readonly StoredOp[]): boolean {
    return this.#later.loaded !== undefined || !ops.some(([, , , , notes]) => Array.isArray(notes))
  }

  /** The value that JSON and notes stand for. Notes need what `canRead` and `canReadOps` ask for. */
  decode(json: Json | undefined, notes: readonly Note[] | null | undefined): unknown {
    if (json === undefined || !notes) return json
    const { loaded } = this.#later
    if (loaded === undefined) throw new Error('daybook: a value is read before the code for it is loaded')
    return loaded.decodeValue(json, notes)
  }
}
