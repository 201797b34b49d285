/** What the log tells of the collections themselves: their controls, and which of them have a row table (M2). */

import type { Program } from '../../drivers/program.js'
import { quote } from '../../errors.js'
import type { CheckpointBody } from '../../log/checkpoint-body.js'
import { type Controls, controlsAfter, UNMENTIONED } from '../../log/controls.js'
import type { Report } from '../../log/finding.js'
import type { StoredOp } from '../../log/stored-op.js'
import { isTableNameOf } from '../registry.js'
import { idOf, type KnownTable, listRegistered, listStoredControls } from './stored.js'

export class CollectionsVerifier {
  readonly #report: Report
  readonly #controls = new Map<string, Controls>()
  readonly #mentioned = new Set<string>()
  #isBased: boolean

  /** `whole`: the log has all of its entries; otherwise its first checkpoint says what was before. */
  constructor(report: Report, whole: boolean) {
    this.#report = report
    this.#isBased = whole
  }

  add(op: StoredOp, seq: number): void {
    const collection = op[1]
    this.#controls.set(collection, controlsAfter(this.#controls.get(collection) ?? UNMENTIONED, op, seq))
    if (op[0] === 'reset') this.#mentioned.delete(collection)
    else if (op[0] !== 'claim') this.#mentioned.add(collection)
  }

  checkpoint({ controls, rows }: CheckpointBody, seq: number): void {
    if (this.#isBased) {
      this.#compareCheckpoint(controls, rows, seq)
      return
    }
    this.#isBased = true
    for (const [collection, claim, schemaVersion, changed] of controls) {
      this.#controls.set(collection, { claim, schemaVersion, changed })
    }
    this.#mentioned.clear()
    for (const [collection] of rows) this.#mentioned.add(collection)
  }

  #compareCheckpoint(controls: CheckpointBody['controls'], rows: CheckpointBody['rows'], seq: number): void {
    const sameControls =
      controls.length === this.#controls.size &&
      controls.every(([collection, ...said]) => isSame(this.#controls.get(collection), said))
    const sameTables =
      rows.length === this.#mentioned.size && rows.every(([collection]) => this.#mentioned.has(collection))
    if (sameControls && sameTables) return
    const what = sameControls ? 'the row tables' : 'the controls'
    this.#report.found('M2', `Checkpoint ${seq} says of ${what} what the entries before it do not.`, { seq })
  }

  *compareControls(): Program<void> {
    const stored = yield* listStoredControls()
    const missing = new Set(this.#controls.keys())
    for (const { collection: id, claim, schema_version, changed } of stored) {
      const collection = idOf(id)
      const told = collection === undefined ? undefined : this.#controls.get(collection)
      if (collection !== undefined) missing.delete(collection)
      if (isSame(told, [claim, schema_version, changed])) continue
      this.#report.found(
        'M2',
        `The controls of collection ${collection === undefined ? id : quote(collection)} differ from the log.`,
        {
          ...(collection !== undefined && { collection }),
        },
      )
    }
    for (const collection of missing) {
      const message = `daybook_controls lacks collection ${quote(collection)}.`
      this.#report.found('M2', message, { collection })
    }
  }

  /** Compares the registry; answers with the tables that can be looked at. */
  *compareRegistry(tables: ReadonlySet<string>): Program<KnownTable[]> {
    const known: KnownTable[] = []
    const missing = new Set(this.#mentioned)
    for (const { id, row_table: rowTable } of yield* listRegistered()) {
      const collection = idOf(id)
      if (collection === undefined || typeof rowTable !== 'string') {
        this.#report.found(
          'M2',
          `daybook_collections has a row that says ${String(id)} and ${String(rowTable)}.`,
        )
        continue
      }
      const found = (message: string): void =>
        this.#report.found('M2', `Collection ${quote(collection)}: ${message}.`, { collection })
      if (!missing.delete(collection)) found('it is registered, and the log does not mention it')
      if (!isTableNameOf(rowTable, collection)) found(`${rowTable} is no name for its row table`)
      if (tables.has(rowTable)) known.push({ collection, rowTable })
      else found(`there is no row table ${rowTable}`)
    }
    for (const collection of missing) {
      this.#report.found('M2', `Collection ${quote(collection)}: it is not registered.`, {
        collection,
      })
    }
    return known
  }
}

const isSame = (told: Controls | undefined, [claim, schemaVersion, changed]: readonly unknown[]): boolean =>
  told?.claim === claim && told?.schemaVersion === schemaVersion && told?.changed === changed
