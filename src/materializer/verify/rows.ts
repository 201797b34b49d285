/** Comparing the stored rows and states with those that the log tells of (M1, M2), byte for byte. */

import { all, type Program } from '../../drivers/program.js'
import type { Statement } from '../../drivers/statement.js'
import { quote } from '../../errors.js'
import type { Report } from '../../log/finding.js'
import { AS_STORED } from '../../values/codecs.js'
import { decodeValue, type Json, type Note } from '../../values/value.js'
import { rowTable, type StoredRow } from '../tables.js'
import { GONE, type Hand, type Told, type ToldRow } from './hand.js'
import { idOf } from './stored.js'

/** Rows compared at a time. */
const PAGE = 1000

/** Before the first row, whatever its rowid is. */
const BEFORE = Number.MIN_SAFE_INTEGER

interface ScannedState {
  readonly at: number
  readonly collection: string
  readonly name: string
  readonly value: string
  readonly notes: string | null
  readonly seq: number
}

const scanState: Statement<[after: number, limit: number], ScannedState> = {
  sql:
    'SELECT rowid AS at, collection, name, value, notes, seq FROM daybook_state WHERE rowid > ? ' +
    'ORDER BY rowid LIMIT ?',
}

/** The positions that decide what a row can say. */
export interface Extent {
  /** The seq of the oldest entry that is kept. */
  readonly floor: number
  readonly cursor: number
}

export class RowsComparison {
  rowsChecked = 0
  /** Rows and states of which the log that is kept does not say what they are. */
  readonly untold = new Map<string, number>()
  readonly #report: Report
  readonly #deep: boolean
  #undecodable = 0

  /** `deep`: also decodes every value, as far as that needs no codec of an app. */
  constructor(report: Report, deep: boolean) {
    this.#report = report
    this.#deep = deep
  }

  /** Compares a row table with what is in hand. */
  *table(collection: string, table: string, hand: Hand, extent: Extent): Program<void> {
    const told = hand.get(collection)
    yield* this.#pages(rowTable(table).scan, (row) => {
      const { key } = row
      if (typeof key !== 'string')
        this.#wrong(collection, `a row has the key ${String(key)}, which is no text`)
      else if (hand.holds(key)) {
        this.rowsChecked++
        const found = told.rows.get(key) ?? (told.allRows ? GONE : undefined)
        const fault = this.#faultOf(row, found, extent, collection)
        if (fault !== undefined) this.#wrong(collection, `row ${shown(key)} ${fault}`)
        // A second row with this key is one too many.
        told.rows.set(key, GONE)
        if (this.#deep) this.#decode(collection, `row ${shown(key)}`, row)
      }
    })
    for (const [key, row] of told.rows) {
      if (row !== GONE && row.certain) this.#wrong(collection, `row ${shown(key)} is missing`)
    }
  }

  /** Compares the states of all collections with what is in hand. */
  *states(hand: Hand, extent: Extent): Program<void> {
    yield* this.#pages(scanState, (stored) => {
      const { collection: id, name, value, notes, seq } = stored
      const collection = idOf(id)
      if (collection === undefined || typeof name !== 'string') {
        this.#report.found('M2', `daybook_state has a row that says ${String(id)} and ${String(name)}.`)
        return
      }
      if (!hand.holds(name)) return
      const told = hand.get(collection)
      const found = told.states.get(name)
      told.states.set(name, GONE)
      if (found === undefined && !told.allStates) {
        if (isBetween(seq, 1, extent.floor - 1)) this.#count(collection)
        else this.#wrong(collection, `the state ${shown(name)} says entry ${seq}, which did not write it`)
      } else if (found === undefined || found === GONE) {
        this.#wrong(collection, `the state ${shown(name)} is not in the log`)
      } else if (found.value !== value || found.notes !== notes || found.seq !== seq) {
        this.#wrong(collection, `the state ${shown(name)} differs from the log`)
      }
      if (this.#deep) this.#decode(collection, `the state ${shown(name)}`, { value, notes })
    })
    for (const [collection, { states }] of hand.collections()) {
      for (const [name, state] of states) {
        if (state !== GONE) this.#wrong(collection, `the state ${shown(name)} is missing`)
      }
    }
  }

  /** A collection that is not registered has no rows. */
  unregistered(collection: string, { rows }: Told): void {
    const told = [...rows.values()].filter((row) => row !== GONE && row.certain).length
    if (told > 0) this.#wrong(collection, `there is no row table, and the log has ${told} rows`)
  }

  *#pages<R extends { readonly at: number }>(
    scan: Statement<[after: number, limit: number], R>,
    compare: (row: R) => void,
  ): Program<void> {
    let after = BEFORE
    for (;;) {
      const rows = yield* all(scan, after, PAGE)
      for (const row of rows) compare(row)
      const last = rows.at(-1)?.at ?? after
      // A damaged table can answer in any order; whoever went on from there would never end.
      if (last <= after || !Number.isSafeInteger(last)) return
      after = last
    }
  }

  #faultOf(
    row: StoredRow,
    told: ToldRow | typeof GONE | undefined,
    { floor, cursor }: Extent,
    collection: string,
  ): string | undefined {
    if (told === GONE) return 'is not in the log'
    if (!isBetween(row.seq, 1, cursor)) {
      this.#report.found(
        'M1',
        `${named(collection)}: row ${shown(row.key)} says entry ${row.seq}, the cursor is at ${cursor}.`,
        {
          collection,
        },
      )
    }
    const seq = told?.seq
    if (seq === undefined ? !isBetween(row.seq, 1, floor - 1) : row.seq !== seq) {
      return `says that entry ${row.seq} wrote it, which did not`
    }
    if (told?.value === undefined || told.metadata === undefined) this.#count(collection)
    if (told === undefined) return undefined
    const isSame =
      (told.value === undefined || (row.value === told.value && row.notes === told.notes)) &&
      (told.metadata === undefined ||
        (row.metadata === told.metadata && row.metadata_notes === told.metadataNotes))
    return isSame ? undefined : 'differs from the log'
  }

  #decode(
    collection: string,
    what: string,
    stored: { value: string; notes: string | null } & Partial<StoredRow>,
  ): void {
    const { value, notes, metadata = null, metadata_notes = null } = stored
    for (const [json, of] of [
      [value, notes],
      [metadata, metadata_notes],
    ] as const) {
      if (json === null) continue
      try {
        decodeValue(JSON.parse(json) as Json, of === null ? undefined : (JSON.parse(of) as Note[]), AS_STORED)
      } catch (error) {
        // The first few are enough to know what kind it is.
        if (this.#undecodable++ < 5) {
          this.#report.unchecked.push(
            `${named(collection)}: ${what} cannot be decoded here: ${error instanceof Error ? error.message : error}`,
          )
        }
      }
    }
  }

  #count(collection: string): void {
    this.untold.set(collection, (this.untold.get(collection) ?? 0) + 1)
  }

  #wrong(collection: string, message: string): void {
    this.#report.found('M2', `${named(collection)}: ${message}.`, { collection })
  }
}

const named = (collection: string): string => `Collection ${quote(collection)}`

const isBetween = (seq: unknown, from: number, through: number): boolean =>
  Number.isSafeInteger(seq) && (seq as number) >= from && (seq as number) <= through

/** A key or name as it is stored, as far as it is short. */
const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)
