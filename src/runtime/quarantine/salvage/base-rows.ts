/** The rows that were read of a damaged database, and what is put into the new one before the entries that are kept. */

import type { Driver } from '../../../drivers/driver.js'
import { first, type Program } from '../../../drivers/program.js'
import { checkpointBody } from '../../../log/checkpoint-body.js'
import { type Controls, postControls } from '../../../log/controls.js'
import { moveCursor } from '../../../log/cursor.js'
import type { OriginRun } from '../../../log/origin-runs.js'
import { putRun } from '../../../log/origins.js'
import { checkBehind, rawPage } from '../../../log/read.js'
import { putRow } from '../../../materializer/base.js'
import { ensureRowTable, findRowTable } from '../../../materializer/registry.js'
import { putState } from '../../../materializer/state.js'
import { rowTable, type StoredRow } from '../../../materializer/tables.js'
import type { AllFound, Found, RestoringParts } from './found.js'
import { isSoundRow } from './readable-rows.js'

/** Rows written, or entries looked at, in one transaction. */
const BATCH = 500

export class BaseRows {
  readonly #target: Driver
  readonly #parts: RestoringParts
  readonly #found: AllFound

  /** What is read is added to `found`. */
  constructor(target: Driver, parts: RestoringParts, found: AllFound) {
    this.#target = target
    this.#parts = parts
    this.#found = found
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

  async #write(program: () => Program<void>): Promise<void> {
    await this.#target.transaction('write', program)
  }
}

function* putRows(collection: string, rows: readonly StoredRow[]): Program<void> {
  const table = yield* ensureRowTable(collection)
  for (const row of rows) yield* putRow(table, row)
}
