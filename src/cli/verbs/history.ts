/** `daybook history`: every entry that touched a row, what it changed, and what the row is now. */

import { formatPosition } from '../../log/entry.js'
import { scanLog } from '../../log/scan.js'
import { ABSENT } from '../../materializer/past/known-row.js'
import { pastAt } from '../../materializer/past/past.js'
import { rowHistory, type Touch } from '../../materializer/past/row-history.js'
import { decodeKey } from '../../values/decode-key.js'
import { encodeKey } from '../../values/key.js'
import type { Cli } from '../cli.js'
import { opJson } from '../entries/entry-json.js'
import { keysMeant } from '../entries/filter.js'
import type { Output } from '../output/output.js'
import { time } from '../output/words.js'
import { extentOf } from '../position/position.js'
import { htmlOption } from '../report/option.js'
import { MetDamage } from '../rows/asked.js'
import { type ChangeKind, differenceOf } from '../rows/field-changes.js'
import { changeJson, keyOf, rowJson } from '../rows/row-json.js'
import { differenceLines, kindColour, rowLines, SIGNS } from '../rows/row-text.js'
import { jsonLinesOption, jsonOption, verb } from '../verb.js'

export default (cli: Cli) =>
  verb('history', 'Every entry that touched a row, with the changed fields, and what it is now.', [
    ['daybook history app.db todos 3', 'all that happened to a row'],
    [`daybook history app.db lists '"home"'`, 'quotes say that the key is a text'],
    ['daybook history app.db todos 1 --jsonl', 'for a program'],
    ['daybook history app.db todos 3 --html report.html', 'a page, with the values'],
  ])
    .argument('<file>', 'the database')
    .argument('<collection>', 'the collection of the row')
    .argument('<key>', 'its key: 1 (the number or the text), "1" (the text) or abc')
    .addOption(jsonOption())
    .addOption(jsonLinesOption())
    .addOption(htmlOption())
    .action((path, collection, keyText, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const keys = keysMeant(keyText).map(encodeKey)
        const { floor, head } = await extentOf(file)
        const inspect = file.inspect.bind(file)
        const damage = new MetDamage()
        const progress = out.progress('reading the log')
        const wanted = new Map([[collection, new Set(keys)]])
        const past = await pastAt(inspect, head.seq, { wanted, onDamage: damage.note })
        const now = keys.map((key) => ({ key, row: past.row(collection, key) }))
        if (options.html !== undefined) {
          const { historyModel, sourceOf, writeReport } = await import('../report/report.js')
          const meant = now.find(({ row }) => row !== ABSENT) ?? now[0]
          const model = await historyModel(sourceOf(path, { data: true, now: cli.surroundings.now() }), {
            entries: scanLog(inspect, floor.seq - 1, head.seq),
            collection,
            key: decodeKey((meant as { key: string }).key),
            trimmed: floor.seq > 1,
          })
          writeReport(options.html, model, out)
          return
        }
        const touched = new Set<string>()

        async function* touches(): AsyncGenerator<Touch> {
          const options = {
            onDamage: damage.note,
            onProgress: (read: number, of: number) => progress.at(read, of),
          }
          try {
            for await (const touch of rowHistory(inspect, collection, new Set(keys), options)) {
              touched.add(touch.change.key)
              yield touch
            }
          } finally {
            progress.stop()
          }
        }
        if (out.format === 'text') {
          let found = 0
          for await (const touch of touches()) {
            found++
            for (const line of touchLines(touch, out)) await out.line(line)
          }
          for (const { key, row } of now) {
            if (row === ABSENT && !touched.has(key)) continue
            await out.line(`${out.colours.bold(`now       ${collection} ${key}`)}`)
            for (const line of rowLines(row, out)) await out.line(line)
          }
          if (floor.seq > 1) out.remark(`What came before entry ${floor.seq} was trimmed.`)
          damage.tell(out)
          if (found === 0) out.remark('No entry of this log touches such a row.')
          return
        }
        async function* items() {
          for await (const touch of touches()) yield touchJson(touch)
          if (out.format === 'jsonl') yield* damage.json
          for (const { key, row } of now) {
            yield { type: 'now', collection, key: keyOf(key), row: rowJson(row) }
          }
        }
        await out.list('history', items(), { text: String, json: (item) => item }, { collection })
      }),
    )

function touchJson({ entry, damage, ops, change }: Touch): Readonly<Record<string, unknown>> {
  return {
    type: 'touch',
    position: formatPosition(entry.position),
    ...entry.position,
    kind: entry.kind,
    transaction: `${entry.origin}:${entry.originSeq}`,
    committedAt: time(entry.committedAt),
    damage,
    ops: ops.map(opJson),
    ...changeJson(change, differenceOf(change.before, change.after)),
  }
}

function* touchLines({ entry, damage, ops, change }: Touch, out: Output): Generator<string> {
  const { colours } = out
  const difference = differenceOf(change.before, change.after)
  const words = [
    colours.yellow(formatPosition(entry.position).padEnd(8)),
    colours.dim(time(entry.committedAt)),
    colours.cyan(`${entry.origin.slice(0, 6)}:${entry.originSeq}`.padEnd(12)),
    kindColour(difference.kind, out)(`${SIGNS[difference.kind]} ${WORDS[difference.kind]}`),
    colours.dim(`${change.key}  ${[...new Set(ops.map(([name]) => name))].join(', ')}`),
  ]
  yield words.join('  ')
  if (damage !== undefined) yield `    ${colours.red(`damaged: ${damage}`)}`
  yield* differenceLines(change, difference, out)
}

const WORDS: Readonly<Record<ChangeKind, string>> = {
  added: 'added',
  removed: 'removed',
  changed: 'changed',
  same: 'no change',
  unknown: 'written',
}
