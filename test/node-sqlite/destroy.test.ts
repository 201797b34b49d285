import { createRequire } from 'node:module'
import { openDaybook } from '../../src/node-sqlite.js'
import { describeDestroy, type Handle } from '../destroy/suite.js'

const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as {
  DatabaseSync: new (file: string) => Handle
}

describeDestroy({ openDaybook, handle: (file) => new DatabaseSync(file) })
