/** Bringing the collections of a damaged file to what can still be read of them, in the file that is made of it. */

import type { Driver } from '../../../drivers/driver.js'
import { first, type Program } from '../../../drivers/program.js'
import { insert, requestFor, tail } from '../../../log/append.js'
import { checkpointBody } from '../../../log/checkpoint-body.js'
import { type Controls, controlsOf, postControls } from '../../../log/controls.js'
import { moveCursor } from '../../../log/cursor.js'
import { type Entry, opParts } from '../../../log/entry.js'
import { KindOfOps } from '../../../log/kind.js'
import { parseOps, partsOfOps } from '../../../log/op.js'
import type { OriginRun } from '../../../log/origin-runs.js'
import { putRun } from '../../../log/origins.js'
import { checkBehind, rawPage } from '../../../log/read.js'
import type { StoredOp } from '../../../log/stored-op.js'
import { putRow } from '../../../materializer/base.js'
import { ensureRowTable, findRowTable, listCollections } from '../../../materializer/registry.js'
import { metaOf, putOf, valueAndNotes } from '../../../materializer/restate.js'
import { eachRow } from '../../../materializer/rows-after.js'
import { putState, type StoredState, stateOf } from '../../../materializer/state.js'
import { rowTable, type StoredRow } from '../../../materializer/tables.js'
import { decodeKey } from '../../../values/decode-key.js'
import { systemClock } from '../../clock.js'
import type { Origin } from '../../origin.js'
import { isSoundRow, type ReadableCollection, type ReadableTables } from './readable-rows.js'
import type { SalvagedCollection } from './report.js'

export interface RestoringParts {
  readonly tables: ReadableTables
  /** The seqs of the entries that are kept. */
  readonly from: number
  readonly to: number
  /** What rows are made from: the log, rows that were read and then the log, or rows alone. */
  readonly base: 'log' | 'both' | 'rows'
}

/** Rows written, or looked at, in one transaction. */
const BATCH = 500

/** What was read of a collection. */
interface Found {
  readonly of: ReadableCollection
  /** Rows that the entries which are kept do not know. */
  readonly newer: StoredRow[]
  /** The keys of all rows that could be read, as JSON text. */
  readonly keys: Set<string>
  /** The keys of those without metadata that the entries which are kept have written. */
  readonly bare: Map<string, number>
  damaged: boolean
  restated: number
  lostMetadata: boolean
}

export class Restoring {
  readonly #target: Driver
  readonly #origin: Origin
  readonly #parts: RestoringParts
  readonly #found = new Map<string, Found>()

  constructor(target: Driver, origin: Origin, parts: RestoringParts) {
    this.#target = target
    this.#origin = origin
    this.#parts = parts
  }

  /** Something of a collection is lost that the log does not have. */
  get hasLosses(): boolean {
    const { tables, base } = this.#parts
    if (this.#found.size > 0 || base !== 'log') {
      if (tables.lost.length > 0) return true
    }
    return [...this.#found.values()].some(({ damaged }) => damaged)
  }

  /** Reads all rows; where the log does not begin at its beginning, they are what it goes on from. */
  async readRows(): Promise<void> {
    const { tables, from, to, base } = this.#parts
    for (const of of tables.collections) {
      const found: Found = {
        of,
        newer: [],
        keys: new Set(),
        bare: new Map(),
        damaged: false,
        restated: 0,
        lostMetadata: false,
      }
      this.#found.set(of.collection, found)
      let older: StoredRow[] = []
      const flush = async (): Promise<void> => {
        const rows = older
        older = []
        await this.#write(() => putRows(of.collection, rows))
      }
      for await (const row of of.rows.rows()) {
        if (!isSoundRow(row)) {
          found.damaged = true
          continue
        }
        found.keys.add(row.key)
        if (base === 'rows' || row.seq > to) found.newer.push(row)
        else if (base === 'both') {
          older.push({ ...row, seq: this.#beforeKept(row.seq) })
          if (row.metadata === null && row.seq >= from) found.bare.set(row.key, row.seq)
        }
        if (older.length >= BATCH) await flush()
      }
      found.damaged ||= of.rows.isDamaged
      if (base === 'both') await flush()
    }
    if (base === 'both') await this.#write(() => this.#putTables())
  }

  // As of the entry before the first that is kept: then all that are kept are posted over it. They bring back rows that
  // could not be read, put right what is damaged and does not show it, and leave the rest as it is.
  *#putTables(): Program<void> {
    const { from, to } = this.#parts
    for (const { of, damaged } of this.#found.values()) {
      for (const state of damaged ? [] : of.state.values()) {
        if (state.seq <= to) yield* putState({ ...state, seq: this.#beforeKept(state.seq) })
      }
    }
    // What a checkpoint says has a checksum.
    if (!(yield* this.#putFromCheckpoints())) yield* this.#putFromTables()
    yield* moveCursor(from - 1)
  }

  // What a kept entry wrote it writes again, and says so then; no seq that damage made up may stay.
  #beforeKept(seq: number): number {
    return Math.max(1, Math.min(seq, this.#parts.from - 1))
  }

  *#putFromTables(): Program<void> {
    const { tables, to } = this.#parts
    for (const { of } of this.#found.values()) {
      const { claim, schemaVersion, changed } = of.controls
      const controls = { claim: claim > to ? 0 : claim, schemaVersion, changed: Math.min(changed, to) }
      yield* postControls(new Map([[of.collection, controls]]))
    }
    for (const run of tables.runs) yield* this.#putTrimmed(run)
  }

  /** Answers whether there is one in what is kept. */
  *#putFromCheckpoints(): Program<boolean> {
    const { from, to } = this.#parts
    let isThere = false
    const controls = new Map<string, Controls>()
    for (let seq = from - 1; seq < to; ) {
      const entries = (yield* rawPage(seq, BATCH)).map(({ entry }) => entry)
      for (const entry of entries) {
        const body = checkpointBody(entry)
        isThere ||= body !== undefined
        // A damaged registry may not have them.
        for (const [collection] of body?.rows ?? []) yield* ensureRowTable(collection)
        for (const [origin, originSeq, at, term, length] of body?.origins ?? []) {
          yield* this.#putTrimmed({ origin, originSeq, seq: at, term, length })
        }
        for (const [id, claim, schemaVersion, changed] of body?.controls ?? []) {
          controls.set(id, { claim, schemaVersion, changed })
        }
      }
      const last = entries.at(-1)
      if (last === undefined) break
      checkBehind(last.position.seq, seq)
      seq = last.position.seq
    }
    yield* postControls(controls)
    return isThere
  }

  *#putTrimmed(run: OriginRun): Program<void> {
    const length = Math.min(run.length, this.#parts.from - run.seq)
    if (length > 0) yield* putRun({ ...run, length })
  }

  /**
   * Takes away metadata that the entries which are kept give to rows now, and did not then: they came before the first
   * value of a row that its table already has.
   */
  *putRight(): Program<void> {
    for (const { of, bare } of this.#found.values()) {
      const table = yield* findRowTable(of.collection)
      if (table === undefined) continue
      for (const [key, seq] of bare) {
        const row = yield* first(rowTable(table).get, key)
        if (row?.seq !== seq || row.metadata === null) continue
        yield* putRow(table, { ...row, metadata: null, metadata_notes: null })
      }
    }
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

  /** What became of each collection. */
  async report(fromLog: boolean): Promise<SalvagedCollection[]> {
    return this.#target.transaction('read', () => this.#report(fromLog))
  }

  *#report(fromLog: boolean): Program<SalvagedCollection[]> {
    const collections: SalvagedCollection[] = []
    for (const { collection, rowTable: table } of yield* listCollections()) {
      const found = this.#found.get(collection)
      collections.push({
        collection,
        rows: (yield* first(rowTable(table).count))?.count ?? 0,
        restated: found?.restated ?? 0,
        lostRows: !fromLog && (found?.damaged ?? true),
        lostMetadata: !fromLog && (found?.lostMetadata ?? true),
      })
    }
    return collections
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

function* putRows(collection: string, rows: readonly StoredRow[]): Program<void> {
  const table = yield* ensureRowTable(collection)
  for (const row of rows) yield* putRow(table, row)
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
