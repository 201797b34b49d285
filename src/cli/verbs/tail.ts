/** `daybook tail`: the newest entries, and those that come. */

import type { Scanned } from '../../log/scan.js'
import { scanLogBackwards } from '../../log/scan.js'
import type { Cli } from '../cli.js'
import { scannedJson } from '../entries/entry-json.js'
import { scannedLine } from '../entries/entry-line.js'
import { matcher } from '../entries/filter.js'
import * as filters from '../entries/filter-options.js'
import { follow } from '../entries/follow.js'
import { wholeNumber } from '../options.js'
import { extentOf } from '../position/position.js'
import { jsonLinesOption, verb } from '../verb.js'

/** How many entries it begins with. */
const ENTRIES = 10

export default (cli: Cli) =>
  verb('tail', 'The newest entries, and with -f those that come, whoever writes them.', [
    ['daybook tail app.db', 'the newest 10'],
    ['daybook tail app.db -n 3 --data', 'the newest 3 with their values'],
    ['timeout 2 daybook tail -f app.db', 'what happens in the next two seconds, too'],
    ['timeout 1 daybook tail -f app.db -n 0 --jsonl', 'only what comes, for a program'],
  ])
    .argument('<file>', 'the database')
    .option('-f, --follow', 'go on as the log grows, until Ctrl-C')
    .option('-n, --limit <n>', 'begin with the newest n of them', wholeNumber, ENTRIES)
    .addOption(filters.collectionOption())
    .addOption(filters.keyOption())
    .addOption(filters.originOption())
    .addOption(filters.kindOption())
    .addOption(filters.sinceOption())
    .addOption(filters.untilOption())
    .addOption(filters.dataOption())
    .addOption(jsonLinesOption())
    .action((path, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const matches = matcher(options)
        const until = cli.surroundings.interrupted
        const { floor, head } = await extentOf(file)

        async function* chosen(): AsyncGenerator<Scanned> {
          const held: Scanned[] = []
          const newest = scanLogBackwards(file.inspect.bind(file), floor.seq - 1, head.seq)
          if (options.limit > 0) {
            for await (const scanned of newest) {
              if (until.aborted) return
              if (matches(scanned) && held.push(scanned) === options.limit) break
            }
          }
          yield* held.reverse()
          if (!options.follow) return
          const remark = (text: string): void => out.remark(text)
          for await (const scanned of follow(file, { after: head.seq, until, onRemark: remark })) {
            if (matches(scanned)) yield scanned
          }
        }
        const data = options.data === true
        await out.list('entries', chosen(), {
          text: (scanned) => scannedLine(scanned, out, data),
          json: (scanned) => scannedJson(scanned, data),
        })
      }),
    )
