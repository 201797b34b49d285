/**
 * The driver of a journal, for one log: every transaction first looks whether that log is still the one in the database. When
 * it is not, or when the journal is given up, everything is refused from then on.
 *
 * A single statement is not looked at: the one that appends compares the last checksum, which no other log has.
 */

import type { Driver } from '../../drivers/driver.js'
import type { Program } from '../../drivers/program.js'
import { DestroyedError } from '../../errors.js'
import { checkIsStill } from '../../log/still.js'

/** The log that a database was opened for. */
export interface OpenedLog {
  /** The id that the database got when it was created. */
  readonly id: string
  /** Called once, when another context is found to have destroyed it. */
  readonly onDestroyed: (error: DestroyedError) => void
}

export class LogDriver {
  readonly driver: Driver
  readonly #log: OpenedLog | undefined
  #refusal: Error | undefined

  constructor(driver: Driver, log: OpenedLog | undefined) {
    this.#log = log
    this.driver = {
      ...driver,
      transaction: (mode, program) => {
        this.check()
        return driver.transaction(mode, () => this.#guarded(program))
      },
      statement: (step) => {
        this.check()
        return driver.statement(step)
      },
    }
  }

  /** Nothing more reaches the database. */
  refuse(error: Error): void {
    this.#refusal ??= error
  }

  *#guarded<T>(program: () => Program<T>): Program<T> {
    this.check()
    if (this.#log !== undefined) yield* this.#checkLog(this.#log)
    return yield* program()
  }

  *#checkLog({ id, onDestroyed }: OpenedLog): Program<void> {
    try {
      yield* checkIsStill(id)
    } catch (error) {
      if (error instanceof DestroyedError) {
        this.#refusal = error
        onDestroyed(error)
      }
      throw error
    }
  }

  /** @throws what it was refused with */
  check(): void {
    if (this.#refusal !== undefined) throw this.#refusal
  }
}
