/** The cases, in the order in which they run. */

import type { Case } from './case.js'
import { append } from './cases/append.js'
import { appendAt1m } from './cases/append-at-1m.js'
import { appendConcurrent } from './cases/append-concurrent.js'
import { browser } from './cases/browser.js'
import { bytesWrittenPerUpdate } from './cases/bytes-written-per-update.js'
import { catchUp } from './cases/catch-up.js'
import { compact } from './cases/compact.js'
import { fileSize } from './cases/file-size.js'
import { firstSync50k } from './cases/first-sync-50k.js'
import { hydrate100k } from './cases/hydrate-100k.js'
import { insert } from './cases/insert.js'
import { openAt1m } from './cases/open-at-1m.js'
import { resume } from './cases/resume.js'
import { subset1m } from './cases/subset-1m.js'
import { transaction80k } from './cases/transaction-80k.js'

export const CASES: readonly Case[] = [
  append,
  appendConcurrent,
  insert,
  transaction80k,
  hydrate100k,
  appendAt1m,
  openAt1m,
  compact,
  firstSync50k,
  resume,
  catchUp,
  subset1m,
  fileSize,
  bytesWrittenPerUpdate,
  browser,
]
