/** Write transactions of a journal that may post entries: what they post is counted, whatever they are for. */

import type { Driver } from '../../drivers/driver.js'
import type { Program } from '../../drivers/program.js'
import { tail } from '../../log/append.js'
import { cursor, findCursor } from '../../log/cursor.js'
import type { Meter, PostReason } from './meter.js'

export class PostingTransactions {
  readonly #driver: Driver
  readonly #meter: Meter

  constructor(driver: Driver, meter: Meter) {
    this.#driver = driver
    this.#meter = meter
  }

  /** Runs a program in one write transaction. */
  async run<T>(reason: PostReason, program: () => Program<T>): Promise<T> {
    const began = this.#meter.begin()
    let posted = 0
    let left = 0
    const result = await this.#driver.transaction('write', function* () {
      // A program that mends a lost cursor finds none.
      const from = (yield* findCursor()) ?? 0
      const result = yield* program()
      const through = yield* cursor()
      posted = through - from
      // Whoever has posted nothing need not know how much there is.
      if (posted > 0) left = (yield* tail()).seq - through
      return result
    })
    // Only now is it certain.
    this.#meter.posted(posted, left, reason, began)
    return result
  }
}
