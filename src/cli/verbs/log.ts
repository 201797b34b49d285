/** `daybook log`: the entries, one line each. */

import { type Scanned, scanLog, scanLogBackwards } from '../../log/scan.js'
import type { Cli } from '../cli.js'
import { scannedJson } from '../entries/entry-json.js'
import { scannedLine } from '../entries/entry-line.js'
import { matcher } from '../entries/filter.js'
import * as filters from '../entries/filter-options.js'
import { wholeNumber } from '../options.js'
import { count } from '../output/words.js'
import { POSITIONS } from '../position/position.js'
import { RANGES, resolveRange } from '../position/range.js'
import { shapesHtmlOption } from '../report/option.js'
import { jsonLinesOption, jsonOption, verb } from '../verb.js'

export default (cli: Cli) =>
  verb('log', 'The entries, newest last, one line each.', [
    ['daybook log app.db', 'everything that is kept'],
    ['daybook log app.db --limit 20', 'the newest 20'],
    ['daybook log app.db @head~100.. --collection todos', 'what the last 100 entries did to todos'],
    ['daybook log app.db --key 1 --data', 'the entries that touch the rows with key 1, with their values'],
    ['daybook log app.db --kind term --json', 'when each leader began'],
    ['daybook log app.db --html report.html', 'a page with a timeline, and the rows at each entry'],
  ])
    .argument('<file>', 'the database')
    .argument('[range]', 'which entries: a..b, or through a position')
    .addOption(filters.collectionOption())
    .addOption(filters.keyOption())
    .addOption(filters.originOption())
    .addOption(filters.kindOption())
    .addOption(filters.sinceOption())
    .addOption(filters.untilOption())
    .option('--limit <n>', 'only the newest n of them', wholeNumber)
    .option('--reverse', 'newest first')
    .option('--stat', 'a summary behind the entries')
    .addOption(filters.dataOption())
    .addOption(jsonOption())
    .addOption(jsonLinesOption())
    .addOption(shapesHtmlOption())
    .addHelpText('after', RANGES + POSITIONS)
    .action((path, rangeText, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const range = await resolveRange(file, rangeText)
        if (options.html !== undefined) {
          const { logReport, writeReport } = await import('../report/report.js')
          const model = await logReport(file, range, options, cli.surroundings.now())
          writeReport(options.html, model, out)
          return
        }
        const matches = matcher(options)
        const inspect = file.inspect.bind(file)
        const totals = { entries: 0, bytes: 0, damaged: 0 }

        async function* chosen(): AsyncGenerator<Scanned> {
          const backwards = options.reverse === true || options.limit !== undefined
          const scan = backwards ? scanLogBackwards : scanLog
          const limit = options.limit ?? Number.POSITIVE_INFINITY
          const held: Scanned[] = []
          let found = 0
          if (limit > 0) {
            for await (const scanned of scan(inspect, range.after, range.through)) {
              if (!matches(scanned)) continue
              if (backwards && !options.reverse) held.push(scanned)
              else yield scanned
              if (++found === limit) break
            }
          }
          yield* held.reverse()
        }
        async function* counted(): AsyncGenerator<Scanned> {
          for await (const scanned of chosen()) {
            if (scanned.damage !== undefined) totals.damaged++
            if (scanned.entry !== undefined) totals.entries++
            yield scanned
          }
        }

        const data = options.data === true
        await out.list('entries', counted(), {
          text: (scanned) => scannedLine(scanned, out, data),
          json: (scanned) => scannedJson(scanned, data),
        })
        if (options.stat) out.remark(count(totals.entries, 'entry', 'entries'))
        if (totals.damaged > 0) {
          out.remark(`${count(totals.damaged, 'place')} damaged: daybook verify ${path} says more.`)
        }
      }),
    )
