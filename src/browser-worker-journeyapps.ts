/** The worker of `daybook/browser` on @journeyapps/wa-sqlite, which has a newer SQLite: `worker` in the options. */

import createModule from '@journeyapps/wa-sqlite/dist/wa-sqlite.mjs'
import { AccessHandlePoolVFS } from '@journeyapps/wa-sqlite/src/examples/AccessHandlePoolVFS.js'
import { leadOn } from './runtime/browser/worker.js'

leadOn({
  name: '@journeyapps/wa-sqlite',
  createModule,
  AccessHandlePoolVFS,
})
