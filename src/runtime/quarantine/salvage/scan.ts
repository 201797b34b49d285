/**
 * Reading what SQLite can still read of a damaged table: a page that is damaged ends a query, but not the table. The scan
 * goes on behind it, looking for the next row that can be read, and then back towards the damage from there.
 */

import type { Driver } from '../../../drivers/driver.js'
import { all, type Program } from '../../../drivers/program.js'
import type { Statement } from '../../../drivers/statement.js'
import { BusyError, CannotOpenError, ClosedError, StorageFullError } from '../../../errors.js'
import { isOtherFailure } from '../damage.js'

/** What stands for an answer that the damage does not let through. */
export const DAMAGED = Symbol('damaged')

/** Runs a program that reads. */
export async function tryRead<T>(driver: Driver, program: () => Program<T>): Promise<T | typeof DAMAGED> {
  try {
    return await driver.transaction('read', program)
  } catch (error) {
    // What is not read for another reason is not lost.
    const isOther = [BusyError, ClosedError, CannotOpenError, StorageFullError].some(
      (kind) => error instanceof kind,
    )
    if (isOther || isOtherFailure(error)) throw error
    return DAMAGED
  }
}

/** Rows read in one query while there is no damage. */
const PAGE = 200

/** Behind damage, so many places are tried one by one; then steps are doubled. */
const ONE_BY_ONE = 100

/** No rowid of ours is larger. */
const LAST_PLACE = 2 ** 52

type Placed = { readonly place: number }

// A damaged page can say any rowid, and would lead a scan in a circle.
const isInOrder = (after: number, rows: readonly Placed[]): boolean =>
  rows.every(({ place }, index) => place > (index === 0 ? after : (rows[index - 1] as Placed).place))

/** A scan of one table, in rowid order but for what lies right behind damage. */
export class Scan<Row extends object> {
  /** Part of the table could not be read. */
  isDamaged = false
  readonly #driver: Driver
  readonly #after: Statement<[place: number, limit: number], Row & Placed>
  readonly #before: Statement<[place: number, above: number, limit: number], Row & Placed>

  constructor(driver: Driver, table: string, columns: readonly string[]) {
    this.#driver = driver
    const from = `SELECT rowid AS place, ${columns.join(', ')} FROM "${table}"`
    this.#after = { sql: `${from} WHERE rowid > ? ORDER BY rowid LIMIT ?` }
    this.#before = { sql: `${from} WHERE rowid < ? AND rowid > ? ORDER BY rowid DESC LIMIT ?` }
  }

  /** The rows whose rowid is above `after`. */
  async *rows(after = -1): AsyncGenerator<Row, void> {
    let place = after
    let limit = PAGE
    for (;;) {
      const rows = await this.#read(place, limit)
      if (rows !== DAMAGED && isInOrder(place, rows)) {
        for (const row of rows) yield row as unknown as Awaited<Row>
        const last = rows.at(-1)
        if (last === undefined) return
        place = last.place
        limit = PAGE
      } else if (limit > 1) limit = 1
      else {
        this.isDamaged = true
        const next = await this.#behind(place)
        if (next === undefined) return
        if (next > place + ONE_BY_ONE) yield* this.#backTo(place, next)
        place = next - 1
        limit = PAGE
      }
    }
  }

  #read(place: number, limit: number): Promise<readonly (Row & Placed)[] | typeof DAMAGED> {
    return tryRead(this.#driver, () => all(this.#after, place, limit))
  }

  /** A place behind damage from which rows can be read again. */
  async #behind(place: number): Promise<number | undefined> {
    let step = 1
    for (let at = place + 1; at < LAST_PLACE; at += step) {
      if (at > place + ONE_BY_ONE) step *= 2
      const rows = await this.#read(at, 1)
      if (rows !== DAMAGED && isInOrder(at, rows)) return rows[0]?.place
    }
    return undefined
  }

  async *#backTo(place: number, from: number): AsyncGenerator<Row, void> {
    let before = from
    for (;;) {
      const rows = await tryRead(this.#driver, () => all(this.#before, before, place, 1))
      if (rows === DAMAGED) return
      const [row] = rows
      if (row === undefined || row.place >= before || row.place <= place) return
      yield row as unknown as Awaited<Row>
      before = row.place
    }
  }
}
