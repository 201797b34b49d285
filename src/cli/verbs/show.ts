/** `daybook show`: one entry in full, and what it did to each row. */

import { formatPosition, opParts } from '../../log/entry.js'
import { scanLog } from '../../log/scan.js'
import type { Cli } from '../cli.js'
import { bytesOf, opsOf } from '../entries/changes.js'
import { entryJson } from '../entries/entry-json.js'
import { opLine, whatItDoes } from '../entries/entry-line.js'
import { UsageError } from '../exit-codes.js'
import { bytes, time } from '../output/words.js'
import { POSITIONS, resolvePosition } from '../position/position.js'
import { jsonOption, verb } from '../verb.js'

export default (cli: Cli) =>
  verb('show', 'One entry in full, decoded, with each row before and after it where that can be known.', [
    ['daybook show app.db @head', 'the newest entry'],
    ['daybook show app.db 3', 'the third entry of the log'],
    ['daybook show app.db @head~1 --json', 'the one before the newest, for a program'],
  ])
    .argument('<file>', 'the database')
    .argument('<position>', 'a position, or the id of a transaction')
    .addOption(jsonOption())
    .addHelpText('after', POSITIONS)
    .action((path, text, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const { seq } = await resolvePosition(file, text)
        const { value: found } = await scanLog(file.inspect.bind(file), seq - 1, seq).next()
        if (found?.entry === undefined) throw new UsageError(`Entry ${seq} is damaged: ${found?.damage}.`)
        const { entry, damage } = found
        if (out.format === 'json') {
          await out.object({ ...entryJson(entry, true), damage })
          return
        }
        await out.table([
          ['entry', formatPosition(entry.position)],
          ['kind', entry.kind],
          ['transaction', `${entry.origin}:${entry.originSeq}`],
          ['committed', time(entry.committedAt)],
          ['size', bytes(bytesOf(entry))],
          ['checksum', entry.checksum],
          ['format', String(entry.format)],
        ])
        if (damage !== undefined) await out.line(out.colours.red(`damaged: ${damage}`))
        await out.line()
        if (opParts(entry).length === 0) await out.line(entry.parts.join('\n'))
        else if (opsOf(entry).length === 0) await out.line(whatItDoes(entry))
        for (const op of opsOf(entry)) await out.line(opLine(op))
      }),
    )
