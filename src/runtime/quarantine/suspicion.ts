/**
 * Damage that is met while a database is used is an error of whoever meets it. With `onCorruption: 'quarantine'` it is
 * also remembered: the next open looks at all of the database, not only at what shows at once.
 */

import type { Driver } from '../../drivers/driver.js'
import type { MaybePromise } from '../../drivers/statement.js'
import { isProof } from './damage.js'

/** The same driver; `onDamage` is told of what damage it meets, before whoever met it is. */
export function watchForDamage(driver: Driver, onDamage: (error: Error) => MaybePromise<void>): Driver {
  const pass = (error: unknown): Promise<never> => {
    const told = isProof(error) ? onDamage(error) : undefined
    if (told === undefined) throw error
    return told.then(() => Promise.reject(error))
  }
  const watched = <T>(work: () => MaybePromise<T>): MaybePromise<T> => {
    try {
      const answer = work()
      return answer instanceof Promise ? answer.catch(pass) : answer
    } catch (error) {
      return pass(error)
    }
  }
  return {
    ...driver,
    transaction: (mode, program) => watched(() => driver.transaction(mode, program)),
    statement: (step) => watched(() => driver.statement(step)),
  }
}
