/** `daybook rebuild`: the row tables, made anew from the log. */

import { RebuildImpossibleError } from '../../errors.js'
import type { Cli } from '../cli.js'
import { factsOf } from '../facts.js'
import { maintain } from '../maintain.js'
import { count } from '../output/words.js'
import { jsonOption, verb } from '../verb.js'

const HOW = `
All tables that are made from the log are dropped and made anew in one transaction: readers see the old ones until it
commits, and the old ones stay when it does not. Appends wait meanwhile. An entry that is damaged ends it.`

export default (cli: Cli) =>
  verb('rebuild', 'The row tables, made anew from the log. Without --write it only says what it would do.', [
    ['daybook rebuild app.db', 'what would be done'],
    ['daybook rebuild app.db --write', 'do it'],
  ])
    .argument('<file>', 'the database')
    .option('--write', 'change the file')
    .addOption(jsonOption())
    .addHelpText('after', HOW)
    .action(async (path, options) => {
      const out = cli.output(options)
      const before = await cli.withFile(path, factsOf)
      if (before.floor.seq !== 1) throw new RebuildImpossibleError(before.floor)
      const write = options.write === true
      if (write) await maintain(path, ({ maintenance }) => maintenance.rebuild())
      const after = write ? await cli.withFile(path, factsOf) : undefined
      const collections = before.collections.map(({ id, rowTable, rows }) => ({
        id,
        rowTable,
        rows,
        ...(after && { rowsNow: after.collections.find((each) => each.id === id)?.rows ?? 0 }),
      }))
      if (out.format === 'json') {
        await out.object({ file: path, written: write, entries: before.entries, collections })
        return
      }
      const what = `${count(before.collections.length, 'row table')} from ${count(before.entries, 'entry', 'entries')}`
      await out.line(write ? `made ${what}:` : `would make ${what}:`)
      await out.table(
        collections.map((each) => [
          `  ${each.rowTable}`,
          count(each.rows, 'row') +
            (each.rowsNow === undefined ? '' : ` before, ${count(each.rowsNow, 'row')} now`),
        ]),
      )
      if (!write) out.remark('Nothing was changed: add --write to do it.')
    })
