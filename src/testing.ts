/**
 * daybook/testing: the suites that daybook is tested with, for authors of drivers and for whoever does not believe it.
 * Needs vitest and fast-check beside it.
 */

export type { Connection, Driver } from './drivers/driver.js'
export { createDriver } from './drivers/runner.js'
export type { MaybePromise, SqlRow, SqlValue, Statement } from './drivers/statement.js'
export { BORDER_BRANCHES, type BorderBranch } from './testing/border/branches.js'
export {
  BorderError,
  type BorderOptions,
  type BorderReport,
  exploreBorder,
  replayBorder,
} from './testing/border/explore.js'
export { FOCUSES as BORDER_FOCUSES, type Focus as BorderFocus } from './testing/border/generators.js'
export type {
  Change as BorderChange,
  CollectionShape,
  Program as BorderProgram,
  QueryShape,
  SourceShape,
  Step as BorderStep,
} from './testing/border/program.js'
export { BorderServer } from './testing/border/server.js'
export type { SourceFacts, SourceUnderTest } from './testing/border/tested.js'
export type { Row as BorderRow } from './testing/border/values.js'
export {
  type Checkable,
  checkLog,
  LogCheckError,
  type LogFinding,
  type LogReport,
} from './testing/check-log.js'
export { type DriverFacts, describeDriver, type OpenDriver } from './testing/driver/describe-driver.js'
export { type PowerCutsOptions, type PowerCutsReport, powerCuts } from './testing/power-cuts.js'
export { BRANCHES, type Branch } from './testing/simulation/branches.js'
export { FAULT_CLASSES, type FaultClass, KINDS, type Kind } from './testing/simulation/generators.js'
export type { Happening, Scenario, StatementFault } from './testing/simulation/scenario.js'
export {
  run as replay,
  type SimulateOptions,
  SimulationError,
  type SimulationReport,
  simulate,
} from './testing/simulation/simulate.js'
