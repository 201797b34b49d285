/** `daybook state`: the rows at a position. */

import { formatPosition } from '../../log/entry.js'
import { pastAt } from '../../materializer/past/past.js'
import type { PastCollection } from '../../materializer/past/told.js'
import type { Cli } from '../cli.js'
import { several } from '../options.js'
import type { Output } from '../output/output.js'
import { count } from '../output/words.js'
import { POSITIONS, resolvePosition } from '../position/position.js'
import { MetDamage, wantedRows } from '../rows/asked.js'
import { keyOf, rowJson, stateJson } from '../rows/row-json.js'
import { storedStateText } from '../rows/row-text.js'
import { rowsTable } from '../rows/rows-table.js'
import { jsonLinesOption, jsonOption, verb } from '../verb.js'

export default (cli: Cli) =>
  verb('state', 'The rows at any position from the floor to the head: what the app had at that moment.', [
    ['daybook state app.db', 'the rows of all collections as they are now'],
    ['daybook state app.db todos --at @head~5', 'those of todos five entries ago'],
    ['daybook state app.db todos --at 3 --key 1', 'one row behind the third entry'],
    ['daybook state app.db issues --meta', "with the collection's metadata"],
    ['daybook state app.db --at @floor --jsonl', 'where the log begins, for a program'],
  ])
    .argument('<file>', 'the database')
    .argument('[collection]', 'only the rows of this collection')
    .option('--at <position>', 'as they were behind this entry', '@head')
    .option('--key <key>', 'only the row with this key: 1, "1" or abc; may be given again', several, [])
    .option('--meta', "the collections' metadata, too")
    .addOption(jsonOption())
    .addOption(jsonLinesOption())
    .addHelpText('after', POSITIONS)
    .action((path, collection, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const wanted = wantedRows(collection, options.key)
        const at = await resolvePosition(file, options.at)
        const damage = new MetDamage()
        const progress = out.progress('reading the log')
        const past = await pastAt(file.inspect.bind(file), at.seq, {
          wanted,
          onDamage: damage.note,
          onProgress: (read, of) => progress.at(read, of),
        }).finally(() => progress.stop())
        const collections = [...past.collections()]
        if (out.format === 'text') {
          await showText(collections, options.meta === true, out)
          damage.tell(out)
          if (collections.length === 0) out.remark(nothing(collection, formatPosition(at)))
        } else {
          const items = itemsOf(collections, options.meta === true)
          const lines = out.format === 'jsonl' ? [...damage.json, ...items] : items
          await out.list(
            'rows',
            lines,
            { text: String, json: (item) => item },
            {
              position: formatPosition(at),
              damage: damage.json,
            },
          )
        }
      }),
    )

const nothing = (collection: string | undefined, at: string): string =>
  collection === undefined ? `There are no rows at ${at}.` : `Collection ${collection} has no rows at ${at}.`

type Named = readonly [id: string, collection: PastCollection]

async function showText(collections: readonly Named[], meta: boolean, out: Output): Promise<void> {
  const { colours } = out
  let isFirst = true
  for (const [id, { rows, mayHaveMore, state, mayHaveMoreState }] of collections) {
    if (!isFirst) await out.line()
    isFirst = false
    await out.line(`${colours.bold(id)}  ${colours.dim(count(rows.size, 'row'))}`)
    if (rows.size > 0) for (const line of rowsTable(rows, out)) await out.line(line)
    if (mayHaveMore)
      await out.line(colours.magenta('? there may have been rows that the log does not name any more'))
    if (!meta) continue
    for (const [name, value] of state)
      await out.line(`${colours.dim('(state)')} ${name}  ${storedStateText(value, out)}`)
    if (mayHaveMoreState) await out.line(colours.magenta('? there may have been metadata under other names'))
  }
}

function* itemsOf(
  collections: readonly Named[],
  meta: boolean,
): Generator<Readonly<Record<string, unknown>>> {
  for (const [collection, { rows, mayHaveMore, state, mayHaveMoreState }] of collections) {
    for (const [key, row] of rows) yield { type: 'state-row', collection, key: keyOf(key), ...rowJson(row) }
    if (mayHaveMore) yield { type: 'unknown-rows', collection }
    if (!meta) continue
    for (const [name, value] of state) yield stateJson(collection, name, value)
    if (mayHaveMoreState) yield { type: 'unknown-state', collection }
  }
}
