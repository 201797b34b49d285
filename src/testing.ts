/**
 * daybook/testing: the suites that daybook is tested with, for authors of drivers and for whoever does not believe it.
 * Needs vitest and fast-check beside it.
 */

export type { Connection, Driver } from './drivers/driver.js'
export { createDriver } from './drivers/runner.js'
export type { MaybePromise, SqlRow, SqlValue, Statement } from './drivers/statement.js'
export {
  type Checkable,
  checkLog,
  LogCheckError,
  type LogFinding,
  type LogReport,
} from './testing/check-log.js'
export { type DriverFacts, describeDriver, type OpenDriver } from './testing/driver/describe-driver.js'
