/**
 * The pace of long work beside appends: how long others have the database to themselves after each step.
 *
 * Twice as long as the step took, so that whoever appends keeps more than half of the rate that there was, in this process
 * and in another one, which looks for the lock every few ms (drivers/patience.ts) and has to find it free most of the time.
 */

import type { Driver } from '../../drivers/driver.js'
import { step } from '../../drivers/program.js'
import type { Clock } from '../clock.js'

const SHARE = 2

/** A clock that is set meanwhile must not stop the work, in ms. */
const LONGEST_PAUSE = 200

/**
 * Steps after which the -wal is brought into the file. SQLite does it by itself after 1,000 pages, inside the commit of
 * whoever writes the last of them, mostly an append; fewer pages, in a step of their own, keep everybody waiting less.
 */
const STEPS_TO_FILE = 4

// PASSIVE waits for nobody, and leaves what a reader still needs.
const TO_FILE = step({ sql: 'PRAGMA wal_checkpoint(PASSIVE)' })

export class Pace {
  readonly #driver: Driver
  readonly #clock: Clock
  #steps = 0

  constructor(driver: Driver, clock: Clock) {
    this.#driver = driver
    this.#clock = clock
  }

  /** Does one step, which answers whether there is more, and says how long to leave the database alone then, in ms. */
  async step(work: () => Promise<boolean>): Promise<{ readonly more: boolean; readonly pause: number }> {
    const from = this.#clock.now()
    const more = await work()
    if (more && ++this.#steps % STEPS_TO_FILE === 0) await this.#driver.statement(TO_FILE)
    const took = Math.max(0, this.#clock.now() - from)
    return { more, pause: Math.min(LONGEST_PAUSE, SHARE * took) }
  }
}
