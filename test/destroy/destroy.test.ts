import Database from 'better-sqlite3'
import { openDaybook } from '../../src/node.js'
import { describeDestroy } from './suite.js'

describeDestroy({ openDaybook, handle: (file) => new Database(file) })
