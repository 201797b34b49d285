/** Bringing the collections of a damaged database to what can still be read of them, in the one that is made of it. */

import type { Driver } from '../../../drivers/driver.js'
import { first, type Program } from '../../../drivers/program.js'
import { listCollections } from '../../../materializer/registry.js'
import { rowTable } from '../../../materializer/tables.js'
import type { Origin } from '../../origin.js'
import { BaseRows } from './base-rows.js'
import type { AllFound, RestoringParts } from './found.js'
import type { SalvagedCollection } from './report.js'
import { Restating } from './restating.js'

export class Restoring {
  /** First what was read of the rows, then the entries that are kept are posted, … */
  readonly base: BaseRows
  /** … then the rest is stated. */
  readonly restating: Restating
  readonly #target: Driver
  readonly #parts: RestoringParts
  readonly #found: AllFound = new Map()

  constructor(target: Driver, origin: Origin, parts: RestoringParts) {
    this.#target = target
    this.#parts = parts
    this.base = new BaseRows(target, parts, this.#found)
    this.restating = new Restating(target, origin, parts, this.#found)
  }

  /** Something of a collection is lost that the log does not have. */
  get hasLosses(): boolean {
    const { tables, base } = this.#parts
    if ((this.#found.size > 0 || base !== 'log') && tables.lost.length > 0) return true
    return [...this.#found.values()].some(({ damaged }) => damaged)
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
}
