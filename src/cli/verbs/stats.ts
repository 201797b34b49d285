/** `daybook stats`: what a log is made of. */

import { scanLog } from '../../log/scan.js'
import { type Amount, Statistics } from '../checks/statistics.js'
import type { Cli } from '../cli.js'
import { wholeNumber } from '../options.js'
import type { Cell } from '../output/table.js'
import { bytes, count } from '../output/words.js'
import { POSITIONS } from '../position/position.js'
import { RANGES, resolveRange } from '../position/range.js'
import { htmlOption } from '../report/option.js'
import { jsonOption, verb } from '../verb.js'

const BOUNDS = `
Hot keys are counted with 5,000 to 10,000 counters: exact for as many different keys, beyond that no count is too high by more
than the answer says. Of more than 5,000 collections, origins or hours the rest is counted as (others).`

/** So many of each are on a page, where nobody says otherwise. */
const ON_A_PAGE = 200

/** Entries between two looks at the progress. */
const STEP = 1000

export default (cli: Cli) =>
  verb(
    'stats',
    'Entries and bytes by kind, collection, origin and hour, the largest entries, the keys written most.',
    [
      ['daybook stats app.db', 'what this log is made of'],
      [
        'daybook stats app.db @head~5.. --top 3',
        'the same of the newest entries, and the first three of each',
      ],
      ['daybook stats app.db --json', 'the same for a program'],
      ['daybook stats app.db --html report.html', 'the same as a page to look at'],
    ],
  )
    .argument('<file>', 'the database')
    .argument('[range]', 'which entries: a..b, or through a position')
    .option('--top <n>', 'so many of each (10)', wholeNumber)
    .addOption(jsonOption())
    .addOption(htmlOption())
    .addHelpText('after', BOUNDS + RANGES + POSITIONS)
    .action((path, rangeText, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const { after, through } = await resolveRange(file, rangeText)
        const statistics = new Statistics()
        const progress = out.progress('reading')
        try {
          for await (const scanned of scanLog(file.inspect.bind(file), after, through)) {
            statistics.add(scanned)
            if (scanned.seq % STEP === 0) progress.at(scanned.seq - after, through - after)
          }
        } finally {
          progress.stop()
        }
        const facts = statistics.facts(options.top ?? (options.html === undefined ? 10 : ON_A_PAGE))
        if (options.html !== undefined) {
          const { sourceOf, statsModel, writeReport } = await import('../report/report.js')
          const bars = (list: readonly Amount[]) =>
            list.map(({ name, entries, bytes }) => ({ label: name, entries, bytes }))
          const hours = facts.hours.map(({ name, entries, bytes }) => ({
            hour: Date.parse(name),
            entries,
            bytes,
          }))
          // No value is in it, whatever is asked for.
          const source = sourceOf(path, { data: true, now: cli.surroundings.now() })
          const model = statsModel(source, {
            collections: bars(facts.collections),
            kinds: bars(facts.kinds),
            origins: bars(facts.origins),
            hours: hours.filter(({ hour }) => !Number.isNaN(hour)),
            largest: facts.largest,
            hotKeys: facts.hotKeys,
          })
          writeReport(options.html, model, out)
          return
        }
        if (out.format === 'json') {
          await out.object({ file: path, ...facts })
          return
        }
        await out.line(`${count(facts.entries, 'entry', 'entries')}, ${bytes(facts.bytes)}`)
        if (facts.damaged > 0) await out.line(out.colours.red(`${count(facts.damaged, 'place')} damaged`))
        const amounts = async (title: string, list: readonly Amount[]): Promise<void> => {
          await out.line()
          const rows: Cell[][] = list.map((each) => [each.name, each.entries, bytes(each.bytes)])
          await out.table([[title, 'entries', 'bytes'].map(out.colours.dim), ...rows])
        }
        await amounts('kind', facts.kinds)
        await amounts('collection', facts.collections)
        await amounts('origin', facts.origins)
        await amounts('hour', facts.hours)
        await out.line()
        const largest = facts.largest.map((each): Cell[] => [each.position, each.kind, bytes(each.bytes)])
        await out.table([['largest', 'kind', 'bytes'].map(out.colours.dim), ...largest])
        if (facts.hotKeys.length === 0) return
        await out.line()
        const hot = facts.hotKeys.map((each): Cell[] => [each.collection, JSON.stringify(each.key), each.ops])
        await out.table([['collection', 'key', 'ops'].map(out.colours.dim), ...hot])
        if (facts.hotKeysTooHighBy > 0) await out.line(`Counts may be too high by ${facts.hotKeysTooHighBy}.`)
      }),
    )
