/**
 * What every driver must do, on real files. Bindings differ in ways that lose data quietly; each difference that is
 * known is a test here. Every driver of daybook runs it, and a driver of somebody else in five lines:
 *
 *   import { describeDriver } from 'daybook/testing'
 *   import { openMyDriver } from './my-driver'
 *
 *   describeDriver('my driver', (filename, busyTimeout) => openMyDriver(filename, busyTimeout))
 */

import { describe } from 'vitest'
import { describeAnswers } from './answers.js'
import { describeFile } from './file.js'
import { type DriverFacts, harness, type OpenDriver } from './harness.js'
import { describeJournal } from './journal.js'
import { describeTransactions } from './transactions.js'

export type { DriverFacts, OpenDriver } from './harness.js'

/**
 * Registers the conformance suite with vitest.
 *
 * @param open opens the driver, or its bare `Connection`, on a file that may not exist yet: in WAL mode, with
 *   `synchronous = NORMAL`, waiting at most `busyTimeout` ms for locks
 */
export function describeDriver(name: string, open: OpenDriver, facts: DriverFacts = {}): void {
  describe(name, () => {
    const driver = harness(name, open, facts)
    describe('what comes back', () => describeAnswers(driver))
    describe('a transaction', () => describeTransactions(driver))
    describe('a file', () => describeFile(driver))
    describe('a journal', () => describeJournal(driver))
  })
}
