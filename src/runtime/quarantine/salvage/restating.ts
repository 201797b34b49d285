/** Stating in a new database what the entries that are kept of a damaged one do not say. */

import type { Driver } from '../../../drivers/driver.js'
import { first, type Program } from '../../../drivers/program.js'
import { insert, requestFor, tail } from '../../../log/append.js'
import { parseOps } from '../../../log/body.js'
import { controlsOf } from '../../../log/controls.js'
import { type Entry, opParts } from '../../../log/entry.js'
import { KindOfOps } from '../../../log/kind.js'
import { partsOfOps } from '../../../log/op.js'
import type { StoredOp } from '../../../log/stored-op.js'
import { findRowTable, listCollections } from '../../../materializer/registry.js'
import { metaOf, putOf, valueAndNotes } from '../../../materializer/restate.js'
import { eachRow } from '../../../materializer/rows-after.js'
import { type StoredState, stateOf } from '../../../materializer/state.js'
import { rowTable } from '../../../materializer/tables.js'
import { decodeKey } from '../../../values/decode-key.js'
import { systemClock } from '../../clock.js'
import type { Origin } from '../../origin.js'
import type { AllFound, Found, RestoringParts } from './found.js'

export class Restating {
  readonly #target: Driver
  readonly #origin: Origin
  readonly #parts: RestoringParts
  readonly #found: AllFound

  constructor(target: Driver, origin: Origin, parts: RestoringParts, found: AllFound) {
    this.#target = target
    this.#origin = origin
    this.#parts = parts
    this.#found = found
  }

  /** States what the entries that are kept do not say, a transaction for each collection. */
  async stateAnew(): Promise<void> {
    const { tables, base } = this.#parts
    for (const found of this.#found.values()) await this.#write(() => this.#stateCollection(found))
    const isRegistryWhole = tables.lost.length === 0
    if (base === 'log' && !isRegistryWhole) return
    for (const { collection } of await this.#target.transaction('read', listCollections)) {
      if (this.#found.has(collection)) continue
      // What a whole registry does not have was dropped since. What a damaged one does not has rows that no entry says any
      // more, and its metadata must not speak for them.
      if (isRegistryWhole) await this.#write(() => this.#append([['reset', collection]]))
      else await this.#write(() => this.#clearState(collection))
    }
  }

  *#clearState(collection: string): Program<void> {
    const ops = yield* clearedState(collection)
    if (ops.length > 0) yield* this.#append(ops)
  }

  *#stateCollection(found: Found): Program<void> {
    const { of, newer } = found
    const { collection } = of
    const { schemaVersion: before } = yield* controlsOf(collection)
    const isMigrated = of.controls.schemaVersion > before
    const ops: StoredOp[] = isMigrated ? [['schema', collection, before, of.controls.schemaVersion]] : []
    const table = yield* findRowTable(collection)
    // Rows of the version before are not ones of this version, but for those that its table has as they were.
    if (isMigrated) ops.push(['truncate', collection], ...(yield* stayingOf(found, table)))
    else if (this.#knowsDeletions(found)) ops.push(...(yield* deletesOf(collection, found.keys)))
    for (const row of newer) {
      ops.push(putOf(collection, row))
      const old = table === undefined || isMigrated ? undefined : yield* first(rowTable(table).get, row.key)
      if (row.metadata !== null || (old?.metadata ?? null) !== null) ops.push(metaOf(collection, row))
    }
    found.restated = newer.length
    ops.push(...(yield* this.#stateOps(found)))
    if (ops.length > 0) yield* this.#append(ops)
  }

  // A row that the log has and a whole table has not was deleted by an entry that is lost.
  #knowsDeletions({ damaged }: Found): boolean {
    const { tables, base, to } = this.#parts
    return base === 'log' && !damaged && (tables.cursor ?? 0) > to
  }

  *#stateOps(found: Found): Program<StoredOp[]> {
    const { tables, base, to } = this.#parts
    const { of, damaged } = found
    const now = new Map((yield* stateOf(of.collection)).map((state) => [state.name, state]))
    const areKnown = !damaged && tables.lost.length === 0
    if (!areKnown) {
      // As old as the rows that the log has, or older than none.
      found.lostMetadata = base !== 'log' || of.state.size > 0
      return base === 'log' ? [] : yield* clearedState(of.collection)
    }
    if (base === 'both' && (tables.cursor ?? 0) <= to) return []
    const changed = [...of.state.values()].filter(({ name, value, notes }) => {
      const old = now.get(name)
      return old?.value !== value || old.notes !== notes
    })
    const gone = [...now.keys()].filter((name) => !of.state.has(name))
    return [
      ...changed.map((state) => stateOp(of.collection, state.name, state)),
      ...gone.map((name) => stateOp(of.collection, name, undefined)),
    ]
  }

  /** Appends an entry that had not been posted; without metadata of collections that have lost rows. */
  async appendAnew(entry: Entry): Promise<void> {
    const { origin, originSeq, committedAt } = entry
    const ops = opParts(entry)
      .flatMap(parseOps)
      .filter(([name, collection]) => {
        if (name === 'redacted') return false
        return name !== 'state' || this.#found.get(collection)?.damaged === false
      })
    if (ops.length > 0) await this.#write(() => this.#append(ops, { origin, originSeq, committedAt }))
  }

  *#append(
    ops: readonly StoredOp[],
    by = { origin: this.#origin.id, originSeq: 0, committedAt: systemClock.now() },
  ): Program<void> {
    const kind = new KindOfOps()
    for (const op of ops) kind.add(op)
    const originSeq = by.originSeq === 0 ? this.#origin.next() : by.originSeq
    const transaction = { origin: by.origin, originSeq, parts: partsOfOps(ops) }
    yield* insert(requestFor(transaction, by.committedAt, kind.kind), yield* tail())
  }

  async #write(program: () => Program<void>): Promise<void> {
    await this.#target.transaction('write', program)
  }
}

function* deletesOf(collection: string, keys: ReadonlySet<string>): Program<StoredOp[]> {
  const table = yield* findRowTable(collection)
  const ops: StoredOp[] = []
  if (table === undefined) return ops
  yield* eachRow(table, ({ key }) => {
    if (!keys.has(key)) ops.push(['delete', collection, decodeKey(key)])
  })
  return ops
}

function* clearedState(collection: string): Program<StoredOp[]> {
  return (yield* stateOf(collection)).map(({ name }) => stateOp(collection, name, undefined))
}

function stateOp(collection: string, name: string, state: StoredState | undefined): StoredOp {
  const value = state === undefined ? [] : valueAndNotes(state.value, state.notes)
  return ['state', collection, JSON.parse(name) as string, ...value] as unknown as StoredOp
}

/** The rows of a collection that no entry behind the kept ones has touched, as ops that state them. */
function* stayingOf(
  { of: { collection }, keys, newer }: Found,
  table: string | undefined,
): Program<StoredOp[]> {
  const touched = new Set(newer.map(({ key }) => key))
  const ops: StoredOp[] = []
  for (const key of table === undefined ? [] : keys) {
    const row = touched.has(key) ? undefined : yield* first(rowTable(table as string).get, key)
    if (row === undefined) continue
    ops.push(putOf(collection, row))
    if (row.metadata !== null) ops.push(metaOf(collection, row))
  }
  return ops
}
