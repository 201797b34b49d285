/** `daybook import`: takes in what `daybook export` has written. */

import { createReadStream, existsSync } from 'node:fs'
import { importEntries } from '../../runtime/files/import-entries.js'
import { importRows } from '../../runtime/files/import-rows.js'
import { type Lines, parsedLines } from '../../runtime/files/parsed-lines.js'
import type { Cli } from '../cli.js'
import { connectFile } from '../connect-file.js'
import { DatabaseFile } from '../database-file.js'
import { UsageError } from '../exit-codes.js'
import { count } from '../output/words.js'
import { jsonOption, verb, writeOption } from '../verb.js'

export default (cli: Cli) =>
  verb(
    'import',
    'Takes in what export has written: a log, exactly, into a new file or behind its own beginning; or rows.',
    [
      [
        'daybook export app.db | daybook import copy.db --write',
        'a copy of the log, same positions and checksums',
      ],
      ['daybook export app.db | daybook import copy.db', 'only check the lines, and say what they would add'],
      [
        'daybook export app.db --rows todos | daybook import app.db --into old-todos --write',
        'rows, as ordinary transactions',
      ],
    ],
  )
    .argument('<file>', 'the database to import into')
    .argument('[input]', 'a file of lines; stdin where it is left out')
    .option('--into <collection>', 'rows: another collection than the one they were exported from')
    .addOption(writeOption())
    .addOption(jsonOption())
    .action(async (path, input, options) => {
      const out = cli.output(options)
      if (input !== undefined && !existsSync(input)) throw new UsageError(`There is no file ${input}.`)
      const text = (): AsyncIterable<string> =>
        input === undefined ? cli.surroundings.stdin : createReadStream(input, 'utf8')
      if (!options.write) {
        const plan = await planOf(text())
        if (out.format === 'json') await out.object({ written: false, ...plan })
        else {
          const what = count(plan.lines, plan.what === 'rows' ? 'row' : 'line')
          const target = existsSync(path) ? path : `${path}, which is made anew`
          await out.line(`Would import ${what} of ${plan.what} into ${target}.`)
          out.remark('Nothing was changed; --write does it.')
        }
        return
      }
      const [first, lines] = await peek(text())
      if (first.includes('"daybook":"rows"')) {
        const imported = await rowsInto(path, lines, options.into)
        if (out.format === 'json') await out.object({ written: true, what: 'rows', ...imported })
        else await out.line(`Imported ${count(imported.rows, 'row')} into ${imported.collection}.`)
        return
      }
      const imported = await importEntries(connectFile, path, lines)
      if (out.format === 'json') await out.object({ written: true, what: 'entries', ...imported })
      else await out.line(`Imported ${count(imported.entries, 'entry', 'entries')}.`)
    })

/** What lines would be imported, all of them looked at. */
async function planOf(text: Lines): Promise<{ what: string; lines: number }> {
  let what = 'nothing'
  let lines = 0
  let isWhole = false
  for await (const { line, number } of parsedLines(text)) {
    if (number === 1) what = String(line.daybook)
    else if ('end' in line) isWhole = true
    else lines++
  }
  if (what !== 'entries' && what !== 'rows') throw new UsageError('This is no export of a daybook.')
  if (!isWhole) throw new UsageError('The export ends before its end: make it again.')
  return { what, lines }
}

/** The beginning of a text, and all of it. */
async function peek(text: AsyncIterable<string>): Promise<[string, Lines]> {
  const iterator = text[Symbol.asyncIterator]()
  const { value: first = '', done } = await iterator.next()
  async function* all(): AsyncGenerator<string, void> {
    yield first
    if (!done) yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return [first, all()]
}

async function rowsInto(path: string, lines: Lines, into: string | undefined) {
  // Rows belong to a log that is there.
  const file = await DatabaseFile.open(path, 'read')
  const { name } = file.driver
  await file.close()
  const { openDaybook } =
    name === 'node:sqlite' ? await import('../../node-sqlite.js') : await import('../../node.js')
  const daybook = openDaybook({ filename: path, durability: 'power', retain: 'all' })
  try {
    return await importRows(daybook, lines, into === undefined ? {} : { collection: into })
  } finally {
    await daybook.close()
  }
}
