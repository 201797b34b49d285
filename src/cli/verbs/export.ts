/** `daybook export`: the log, or the rows of a collection, as lines of JSON. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { exportEntries } from '../../runtime/files/export-entries.js'
import { exportRows } from '../../runtime/files/export-rows.js'
import { makeFile } from '../../runtime/files/new-file.js'
import type { Cli } from '../cli.js'
import { connectFile } from '../connect-file.js'
import { count } from '../output/words.js'
import { verb } from '../verb.js'

export default (cli: Cli) =>
  verb(
    'export',
    'The whole log as lines of JSON (NDJSON), or the rows of a collection; import takes them in again.',
    [
      ['daybook export app.db > app.ndjson', 'the log, exact to the byte'],
      ['daybook export app.db --rows todos -o todos.ndjson', 'the rows of a collection, into a file'],
    ],
  )
    .argument('<file>', 'the database; it is only read, and may be written to meanwhile')
    .option('--rows <collection>', 'the rows of this collection instead of the log')
    .option('-o, --output <file>', 'into a new file instead of to stdout')
    .action((path, options) =>
      // Says in the usual words what is wrong with the file, and leaves its folder as it was.
      cli.withFile(path, async () => {
        const out = cli.output(options)
        const lines =
          options.rows === undefined
            ? exportEntries(connectFile, path)
            : exportRows(connectFile, path, options.rows)
        let written = 0
        if (options.output === undefined) {
          for await (const line of lines) await out.line(line)
          return
        }
        await makeFile(options.output, async (partial) => {
          const target = openSync(partial, 'w')
          try {
            for await (const line of lines) {
              writeSync(target, `${line}\n`)
              written++
            }
          } finally {
            closeSync(target)
          }
        })
        out.remark(`${count(written, 'line')} in ${options.output}.`)
      }),
    )
