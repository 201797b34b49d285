/**
 * Damage that is met while a file is used is an error of whoever meets it. With `onCorruption: 'quarantine'` it is also
 * remembered, in a small file beside the database: the next open looks at all of the file, not only at what shows at once.
 */

import { existsSync, rmSync, writeFileSync } from 'node:fs'
import type { Driver } from '../../drivers/driver.js'
import type { MaybePromise } from '../../drivers/statement.js'
import { CorruptFileError, CorruptLogError, CorruptRowsError } from '../../errors.js'

/** Whether an error says for certain that a file is damaged. */
export const isProof = (error: unknown): error is Error =>
  [CorruptFileError, CorruptLogError, CorruptRowsError].some((kind) => error instanceof kind)

export class Suspicion {
  readonly #path: string

  constructor(filename: string) {
    this.#path = `${filename}.suspect`
  }

  get exists(): boolean {
    return existsSync(this.#path)
  }

  clear(): void {
    rmSync(this.#path, { force: true })
  }

  /** The same driver; what damage it meets is remembered. */
  watch(driver: Driver): Driver {
    return {
      ...driver,
      transaction: (mode, program) => this.#watched(() => driver.transaction(mode, program)),
      statement: (step) => this.#watched(() => driver.statement(step)),
    }
  }

  #watched<T>(work: () => MaybePromise<T>): MaybePromise<T> {
    try {
      const answer = work()
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#pass(error)) : answer
    } catch (error) {
      return this.#pass(error)
    }
  }

  #pass(error: unknown): never {
    if (isProof(error)) this.#remember(error)
    throw error
  }

  #remember({ message }: Error): void {
    try {
      writeFileSync(this.#path, `${message}\n`)
    } catch {
      // Where nothing can be written, the error itself has to be enough: it goes to whoever met it.
    }
  }
}
