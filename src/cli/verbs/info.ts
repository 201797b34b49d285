/** `daybook info`: what a file is, at a glance, and what is unusual about it first. */

import { formatPosition } from '../../log/entry.js'
import type { Cli } from '../cli.js'
import { factsOf, remarksOn } from '../facts.js'
import type { Cell } from '../output/table.js'
import { bytes, count, time } from '../output/words.js'
import { jsonOption, verb } from '../verb.js'

export default (cli: Cli) =>
  verb('info', 'What a file is, at a glance: what is unusual about it comes first.', [
    ['daybook info app.db', 'at a glance'],
    ['daybook info app.db --json', 'the same for a program'],
  ])
    .argument('<file>', 'the database')
    .addOption(jsonOption())
    .action((path, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const facts = await factsOf(file)
        const remarks = remarksOn(facts)
        if (out.format === 'json') {
          await out.object({ ...facts, remarks })
          return
        }
        for (const remark of remarks) await out.line(out.colours.yellow(`! ${remark}`))
        if (remarks.length > 0) await out.line()
        const { head, floor, terms } = facts
        await out.table([
          ['file', path],
          ['id', facts.id],
          ['format', `${facts.format} (entries: ${facts.entryFormats.join(', ')})`],
          [
            'log',
            `${formatPosition(floor)} … ${formatPosition(head)}, ${count(facts.entries, 'entry', 'entries')}`,
          ],
          ['terms', `${terms.first} … ${terms.last}`],
          ['committed', `${time(facts.committed.first)} … ${time(facts.committed.last)}`],
          [
            'cursor',
            facts.cursor === head.seq ? 'at the head' : `${head.seq - facts.cursor} entries behind the head`,
          ],
          [
            'size',
            `${bytes(facts.fileBytes)}, ${bytes(facts.freeBytes)} of it free; -wal ${bytes(facts.walBytes)}`,
          ],
          ['journal mode', facts.journalMode],
          ['read with', `${facts.driver}, SQLite ${facts.sqliteVersion}`],
        ])
        if (facts.collections.length === 0) return
        await out.line()
        const rows: Cell[][] = facts.collections.map((each) => [
          each.id,
          each.rowTable,
          each.rows,
          bytes(each.bytes),
          each.schemaVersion,
        ])
        await out.table([
          ['collection', 'row table', 'rows', 'size', 'schema version'].map(out.colours.dim),
          ...rows,
        ])
      }),
    )
