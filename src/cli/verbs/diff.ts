/** `daybook diff`: the rows that differ between two positions of a file, or between two files. */

import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { formatPosition, type Position } from '../../log/entry.js'
import { changesBetween, type RowChange } from '../../materializer/past/changes.js'
import { type Differing, sideBySide } from '../../materializer/past/differences.js'
import { ABSENT } from '../../materializer/past/known-row.js'
import { pastAt } from '../../materializer/past/past.js'
import { decodeKey } from '../../values/decode-key.js'
import type { Cli } from '../cli.js'
import type { DatabaseFile } from '../database-file.js'
import { FINDINGS, UsageError } from '../exit-codes.js'
import type { Output } from '../output/output.js'
import { count } from '../output/words.js'
import { POSITIONS, resolvePosition } from '../position/position.js'
import { htmlOption } from '../report/option.js'
import { MetDamage } from '../rows/asked.js'
import { type ChangeKind, type Difference, differenceOf } from '../rows/field-changes.js'
import { changeJson } from '../rows/row-json.js'
import { changeLines } from '../rows/row-text.js'
import { jsonLinesOption, jsonOption, verb } from '../verb.js'

export default (cli: Cli) =>
  verb(
    'diff',
    'The rows that differ between two positions of a file, or between two files, field by field.',
    [
      ['daybook diff app.db @head~5 @head', 'what the last five entries changed in all'],
      ['daybook diff app.db @floor @head --html report.html', 'a page, with the values'],
      ['daybook diff app.db 2..4 --jsonl', 'a range is two positions, too'],
      ['cp app.db copy.db; daybook diff app.db copy.db', 'two files as they are now'],
      ['cp app.db copy.db; daybook diff app.db copy.db --at 3', 'two files as they were at a position'],
    ],
  )
    .argument('<file>', 'the database')
    .argument('<other>', 'another database, or a position')
    .argument('[position]', 'the second position; @head if left out')
    .option('--at <position>', 'two files: their rows at this position of each', '@head')
    .addOption(jsonOption())
    .addOption(jsonLinesOption())
    .addOption(htmlOption())
    .addHelpText('after', `${POSITIONS}\n\nIt answers 3 when rows differ, and 0 when none does.`)
    .action((path, other, position, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const damage = new MetDamage()
        const progress = out.progress('reading the log')
        const reading = {
          onDamage: damage.note,
          onProgress: (done: number, total: number) => progress.at(done, total),
        }
        const at = async (of: DatabaseFile) => {
          const where = await resolvePosition(of, options.at)
          return { where, past: await pastAt(of.inspect.bind(of), where.seq, reading) }
        }
        try {
          if (position === undefined && existsSync(other)) {
            await cli.withFile(other, async (second) => {
              const [a, b] = [await at(file), await at(second)]
              progress.stop()
              await tell(sideBySide(a.past, b.past), [path, a.where], [other, b.where])
            })
          } else {
            const [from, to] = await positionsOf(file, other, position)
            const backwards = from.seq > to.seq
            const [older, newer] = backwards ? [to, from] : [from, to]
            const changes = await changesBetween(file.inspect.bind(file), older.seq, newer.seq, reading)
            progress.stop()
            const rows = backwards ? changes.rows.map(turned) : changes.rows
            await tell({ ...changes, rows }, [path, from], [path, to])
          }
        } finally {
          progress.stop()
        }

        async function tell(differing: Differing, a: Side, b: Side): Promise<void> {
          const found = new Counts()
          if (options.html !== undefined) {
            const { diffModel, sourceOf, writeReport } = await import('../report/report.js')
            const model = await diffModel(sourceOf(path, { data: true, now: cli.surroundings.now() }), {
              from: sideText(a),
              to: sideText(b),
              differences: pairs(found.counted(differing.rows)),
            })
            writeReport(options.html, model, out)
          } else
            await out.list(
              'rows',
              found.counted(differing.rows),
              {
                text: ({ row, difference }) => changeLines(row, difference, out).join('\n'),
                json: ({ row, difference }) => ({ type: 'difference', ...changeJson(row, difference) }),
              },
              { from: sideJson(a), to: sideJson(b), damage: damage.json, mayHaveMore: differing.mayHaveMore },
            )
          const isUnsure = differing.mayHaveMore.length > 0
          damage.tell(out)
          for (const id of differing.mayHaveMore)
            out.remark(`? ${id} may have had rows of which nobody knows.`)
          tellCounts(found, isUnsure, out)
          if (found.total > 0 || isUnsure) cli.exitCode = FINDINGS
        }
      }),
    )

type Side = readonly [path: string, at: Position]

const sideJson = ([file, at]: Side) => ({ file, position: formatPosition(at) })

const sideText = ([file, at]: Side): string => `${basename(file)} at ${formatPosition(at)}`

function* pairs(rows: Iterable<{ readonly row: RowChange }>) {
  for (const { row } of rows) {
    const [before, after] = [row.before, row.after].map((each) => (each === ABSENT ? undefined : each.row))
    yield { collection: row.collection, key: decodeKey(row.key), before, after }
  }
}

const turned = (change: RowChange): RowChange => ({ ...change, before: change.after, after: change.before })

async function positionsOf(
  file: DatabaseFile,
  first: string,
  second: string | undefined,
): Promise<[Position, Position]> {
  const isRange = second === undefined && first.includes('..')
  const [from, to] = isRange ? first.split('..', 2) : [first, second]
  try {
    return [await resolvePosition(file, from || '@floor'), await resolvePosition(file, to || '@head')]
  } catch (error) {
    if (error instanceof UsageError && second === undefined && !isRange) {
      throw new UsageError(`There is no file ${first}, and as a position: ${error.message}`)
    }
    throw error
  }
}

/** Leaves out rows that are the same, and counts the others by what became of them. */
class Counts {
  readonly byKind = new Map<ChangeKind, number>()
  total = 0;

  *counted(rows: Iterable<RowChange>): Generator<{ row: RowChange; difference: Difference }> {
    for (const row of rows) {
      const difference = differenceOf(row.before, row.after)
      const differs = difference.fields.length > 0 || difference.metadata !== undefined
      if (difference.kind === 'same' || (difference.kind === 'unknown' && !differs)) continue
      this.total++
      this.byKind.set(difference.kind, (this.byKind.get(difference.kind) ?? 0) + 1)
      yield { row, difference }
    }
  }
}

function tellCounts({ byKind, total }: Counts, isUnsure: boolean, out: Output): void {
  if (total === 0) out.remark(isUnsure ? 'No row is known to differ.' : 'No row differs.')
  else {
    const kinds = [...byKind].map(([kind, number]) => `${count(number, kind, kind)}`).join(', ')
    out.remark(`${count(total, 'row differs', 'rows differ')}: ${kinds}.`)
  }
}
