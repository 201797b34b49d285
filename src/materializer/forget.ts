/**
 * Forgetting rows: they are deleted, and then every op that ever said something of them is blanked, wherever in the log.
 *
 * The delete is an entry like any other, so whoever follows the log hears of it. What stays of a row in the log is that
 * entry, with its key, until a compaction trims it.
 */

import { first, type Program } from '../drivers/program.js'
import { tail } from '../log/append.js'
import { type Entry, type Maker, opParts } from '../log/entry.js'
import { opsOfPart } from '../log/part-ops.js'
import { checksumAt, floor, PAGE_ENTRIES, page } from '../log/read.js'
import { type Blanked, blank, recordRedaction } from '../log/redaction.js'
import type { StoredOp } from '../log/stored-op.js'
import { encodeKey, type Key } from '../values/key.js'
import { postAll } from './post.js'
import { appendOps } from './redact.js'
import { findRowTable } from './registry.js'
import { rowTable } from './tables.js'

/** Entries blanked in one transaction; an append waits for at most one such batch. */
const BATCH = 200

export class Forgetting {
  readonly #collection: string
  /** As JSON text. */
  readonly #keys: ReadonlyMap<string, Key>
  /** The entries that say something of the rows, oldest first. */
  readonly #found: number[] = []
  #through = 0
  /** What comes behind the delete is new. */
  #last = 0
  rows = 0
  entries = 0

  constructor(collection: string, keys: readonly Key[]) {
    this.#collection = collection
    this.#keys = new Map(keys.map((key) => [encodeKey(key), key]))
  }

  /** Deletes the rows that are there; answers with the entry that says so. Run it in a write transaction, first. */
  *remove(maker: Maker): Program<Entry[]> {
    yield* postAll()
    const table = yield* findRowTable(this.#collection)
    const deletes: StoredOp[] = []
    for (const [key, value] of table === undefined ? [] : this.#keys) {
      if ((yield* first(rowTable(table as string).get, key)) === undefined) continue
      deletes.push(['delete', this.#collection, value])
    }
    this.rows = deletes.length
    const appended = deletes.length > 0 ? [yield* appendOps(maker, deletes)] : []
    yield* postAll()
    this.#last = (yield* tail()).seq
    return appended
  }

  /** Looks at the next page of the log; answers whether there is another one. */
  *look(): Program<boolean> {
    this.#through = Math.max(this.#through, (yield* floor()).seq - 1)
    const entries = yield* page(this.#through, PAGE_ENTRIES, yield* checksumAt(this.#through))
    for (const entry of entries) {
      if (entry.position.seq > this.#last) return false
      this.#through = entry.position.seq
      const concerned = opParts(entry).some((part) => opsOfPart(part, entry.position.seq).some(this.#goes))
      if (concerned) this.#found.push(entry.position.seq)
    }
    return entries.length > 0
  }

  /** Blanks the next batch; answers with its record, none when all is done. Run it in a write transaction. */
  *blank(maker: Maker): Program<Entry[]> {
    const blanked: Blanked[] = []
    for (const seq of this.#found.splice(0, BATCH)) {
      const parts = yield* blank(seq, this.#goes)
      blanked.push(...parts)
      if (parts.length > 0) this.entries++
    }
    return blanked.length > 0 ? [yield* recordRedaction(maker, blanked)] : []
  }

  get more(): boolean {
    return this.#found.length > 0
  }

  readonly #goes = (op: StoredOp): boolean =>
    (op[0] === 'put' || op[0] === 'patch' || op[0] === 'meta') &&
    op[1] === this.#collection &&
    this.#keys.has(encodeKey(op[2]))
}
