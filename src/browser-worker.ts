/** The worker of `daybook/browser`, on wa-sqlite. */

import createModule from 'wa-sqlite/dist/wa-sqlite.mjs'
import { AccessHandlePoolVFS } from 'wa-sqlite/src/examples/AccessHandlePoolVFS.js'
import { leadFrom } from './runtime/browser/leader.js'

leadFrom(globalThis as never, {
  name: 'wa-sqlite',
  createModule,
  AccessHandlePoolVFS,
})
