/**
 * Rows on their way into the log and out of it, in a context that may not have the code for every value.
 *
 * Rows that are JSON already need next to none. The code for all others (with dates, maps, bytes, `undefined` …) is many
 * times as large: a page loads it when it meets the first such row, everywhere else it is there from the start.
 */

import type { Op } from '../log/op.js'
import { plainBody } from '../log/plain-body.js'
import type { StoredOp } from '../log/stored-op.js'
import type { Json, Note } from '../values/value.js'

export type FullCodec = typeof import('./full-codec.js')

/** What is stored with notes, where it is more than JSON. */
interface Noted {
  readonly notes: string | null
  readonly metadata_notes?: string | null
}

export class Codec {
  readonly #fetch: () => Promise<FullCodec>
  #full: FullCodec | undefined
  #loading: Promise<FullCodec> | undefined

  /** The code for every value, or what loads it. */
  constructor(full: FullCodec | (() => Promise<FullCodec>)) {
    this.#fetch = typeof full === 'function' ? full : async () => full
    this.#full = typeof full === 'function' ? undefined : full
  }

  /** The code for every value, once it is loaded. */
  get full(): FullCodec | undefined {
    return this.#full
  }

  /** Loads what is missing. Rejects when that cannot be; the next call tries again. */
  load(): Promise<FullCodec> {
    if (this.#loading === undefined) {
      this.#loading = this.#fetch()
      // Before those who wait for it: they follow directly, in their order, and nobody comes between them.
      this.#loading.then(
        (full) => {
          this.#full = full
        },
        () => {
          this.#loading = undefined
        },
      )
    }
    return this.#loading
  }

  /** Whether these rows, or pieces of a collection's metadata, can be read as they are. */
  canRead(stored: readonly Noted[]): boolean {
    return this.#full !== undefined || !stored.some(({ notes, metadata_notes }) => notes || metadata_notes)
  }

  /** Whether these ops can. */
  canReadOps(ops: readonly StoredOp[]): boolean {
    return this.#full !== undefined || !ops.some(([, , , , notes]) => Array.isArray(notes))
  }

  /** The value that JSON and notes stand for. Notes need what `canRead` and `canReadOps` ask for. */
  decode(json: Json | undefined, notes: readonly Note[] | null | undefined): unknown {
    if (json === undefined || !notes) return json
    if (this.#full === undefined) throw new Error('daybook: a value is read before the code for it is loaded')
    return this.#full.decodeValue(json, notes)
  }

  /**
   * The body of a transaction; nothing where code has to be loaded for it.
   *
   * @throws InvalidTransactionError, UnkeepableValueError, InvalidKeyError
   */
  encode(ops: readonly Op[]): readonly string[] | undefined {
    return this.#full === undefined ? plainBody(ops) : this.#full.encodeOps(ops)
  }

  /**
   * Sends the body of a transaction: at once, or when the code for it is loaded. Whatever is sent meanwhile waits behind
   * it, so that transactions stay in the order in which they were made.
   */
  encodeAndSend<T>(ops: readonly Op[], send: (parts: readonly string[]) => T): T | Promise<T> {
    const isNext = this.#full !== undefined || this.#loading === undefined
    const parts = isNext ? this.encode(ops) : undefined
    return parts === undefined ? this.#sendLater(ops, send) : send(parts)
  }

  async #sendLater<T>(ops: readonly Op[], send: (parts: readonly string[]) => T): Promise<T> {
    let failure: unknown
    try {
      await this.load()
    } catch (error) {
      failure = error
    }
    const parts = this.encode(ops)
    // What needs no code of its own does not fail with what it waited behind.
    if (parts === undefined) throw failure
    return send(parts)
  }
}
