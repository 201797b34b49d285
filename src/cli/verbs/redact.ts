/** `daybook redact`: blanks the values of a range of entries. */

import type { Cli } from '../cli.js'
import { journalOf } from '../journal-of.js'
import { count } from '../output/words.js'
import { POSITIONS } from '../position/position.js'
import { RANGES, resolveRange } from '../position/range.js'
import { jsonOption, verb, writeOption } from '../verb.js'

export default (cli: Cli) =>
  verb(
    'redact',
    'Blanks the values in a range of entries. The rows stay as they are; the chain still verifies, and an entry says what was blanked.',
    [
      ['daybook redact app.db @head~2..@head', 'what it would do'],
      ['daybook redact app.db @head~2..@head --write', 'blank the values of the last two entries'],
    ],
  )
    .argument('<file>', 'the database')
    .argument('<range>', 'which entries: a..b, or through a position')
    .addOption(writeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `${RANGES}${POSITIONS}
Rows that have their present content from these entries keep it: an entry behind the record states it anew. To take rows
out as well, delete them first, or use daybook.forget() in the app.`,
    )
    .action((path, rangeText, options) =>
      cli.withFile(
        path,
        async (file) => {
          const out = cli.output(options)
          const { after, through } = await resolveRange(file, rangeText)
          const { journal, maintenance } = await journalOf(file)
          const range = { from: after + 1, to: Math.max(through, after + 1) }
          const isEmpty = through <= after
          const plan = isEmpty
            ? { entries: [], restated: [] }
            : options.write
              ? await maintenance.redact(range)
              : await maintenance.planRedaction(range)
          await journal.close()
          const record = 'record' in plan ? plan.record : undefined
          if (out.format === 'json') {
            await out.object({ written: options.write === true, ...plan, record: record ?? null })
            return
          }
          const ops = plan.entries.reduce((sum, entry) => sum + entry.ops, 0)
          await out.line(
            `${options.write ? 'Blanked' : 'Would blank'} ${count(ops, 'value')} in ${count(plan.entries.length, 'entry', 'entries')}.`,
          )
          for (const { seq, ops, collections } of plan.entries) {
            await out.line(`  ${seq}  ${count(ops, 'value')} of ${collections.join(', ')}`)
          }
          for (const { collection, keys, states } of plan.restated) {
            const what = [...keys.map((key) => JSON.stringify(key)), ...states.map((name) => `state ${name}`)]
            await out.line(
              `${options.write ? 'Stated' : 'Would state'} anew what ${collection} has from them: ${what.join(', ')}.`,
            )
          }
          if (!options.write) out.remark('Nothing was changed; --write does it.')
        },
        options.write ? 'write' : 'read',
      ),
    )
