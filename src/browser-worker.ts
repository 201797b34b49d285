/** The worker of `daybook/browser`, on wa-sqlite. */

import createModule from 'wa-sqlite/dist/wa-sqlite.mjs'
import { AccessHandlePoolVFS } from 'wa-sqlite/src/examples/AccessHandlePoolVFS.js'
import { leadOn } from './runtime/browser/worker.js'

leadOn({
  name: 'wa-sqlite',
  createModule,
  AccessHandlePoolVFS,
})
