/** One entry with what it did: in text for `show` and for the steps of `replay`, in JSON for `show`. */

import { type Entry, formatPosition } from '../../log/entry.js'
import { type Scanned, scanLog } from '../../log/scan.js'
import type { StoredOp } from '../../log/stored-op.js'
import { type Changes, changesBetween } from '../../materializer/past/changes.js'
import { encodeKey } from '../../values/key.js'
import type { DatabaseFile } from '../database-file.js'
import { UsageError } from '../exit-codes.js'
import type { Output } from '../output/output.js'
import type { Progress } from '../output/progress.js'
import { layOut } from '../output/table.js'
import { bytes, count, time } from '../output/words.js'
import { type ChangeKind, differenceOf } from '../rows/field-changes.js'
import { changeJson } from '../rows/row-json.js'
import { changeLines } from '../rows/row-text.js'
import { bytesOf, opsOf } from './changes.js'
import { entryJson } from './entry-json.js'
import { opLine, whatItDoes } from './entry-line.js'

/** How many entries are looked at for what was before: some tens of milliseconds, however long the log is. */
export const LOOK_BACK = 5_000

export interface Effect {
  readonly scanned: Scanned & { readonly entry: Entry }
  readonly changes: Changes
}

export interface EffectOptions {
  /** Look at the whole log for what was before. */
  readonly deep?: boolean
  readonly progress?: Progress
}

/** @throws UsageError when there is no entry that can be read */
export async function effectOf(
  file: DatabaseFile,
  seq: number,
  { deep = false, progress }: EffectOptions = {},
): Promise<Effect> {
  const inspect = file.inspect.bind(file)
  const { value: found } = await scanLog(inspect, seq - 1, seq).next()
  if (found?.entry === undefined) {
    throw new UsageError(`Entry ${seq} cannot be read: ${found?.damage}.`)
  }
  try {
    const changes = await changesBetween(inspect, seq - 1, seq, {
      limit: deep ? undefined : LOOK_BACK,
      onProgress: (done, total) => progress?.at(done, total),
    })
    return { scanned: found, changes }
  } finally {
    progress?.stop()
  }
}

export function effectJson({ scanned, changes }: Effect) {
  return {
    ...entryJson(scanned.entry, true),
    damage: scanned.damage,
    rows: changes.rows.map((row) => changeJson(row, differenceOf(row.before, row.after))),
    mayHaveMore: changes.mayHaveMore,
    lookedBehind: changes.lookedBehind,
  }
}

export function* effectLines({ scanned, changes }: Effect, out: Output): Generator<string> {
  const { entry, damage } = scanned
  const { colours } = out
  yield* layOut([
    ['entry', colours.yellow(formatPosition(entry.position))],
    ['kind', entry.kind],
    ['transaction', colours.cyan(`${entry.origin}:${entry.originSeq}`)],
    ['committed', time(entry.committedAt)],
    ['size', bytes(bytesOf(entry))],
    ['checksum', entry.checksum],
    ['format', String(entry.format)],
  ])
  if (damage !== undefined) yield colours.red(`damaged: ${damage}`)
  if (entry.kind === 'checkpoint') yield* ['', ...entry.parts]
  const differences = changes.rows.map((row) => ({ row, difference: differenceOf(row.before, row.after) }))
  const kinds = new Map(differences.map(({ row, difference }) => [placeOf(row), difference.kind]))
  const ops = opsOf(entry)
  const told = ops.filter((op) => !isToldByRows(op, ops, kinds)).map(opLine)
  if (ops.length === 0 && entry.kind !== 'checkpoint') told.push(whatItDoes(entry))
  if (told.length > 0) yield* ['', ...told]
  if (differences.length > 0) yield ''
  for (const { row, difference } of differences) yield* changeLines(row, difference, out)
  for (const id of changes.mayHaveMore) {
    yield colours.magenta(`? ${id}  had perhaps rows before that the log does not name any more`)
  }
}

/** What a person should know who reads that something is not known; nothing where all is. */
export function whyUnknown({ changes, scanned }: Effect, floor: number): string | undefined {
  const isKnown = changes.rows.every(({ before }) => before === 'absent' || (before.exists && before.whole))
  if (isKnown && changes.mayHaveMore.length === 0) return undefined
  if (changes.lookedBehind >= floor) {
    const looked = count(scanned.seq - 1 - changes.lookedBehind, 'entry', 'entries')
    return `The ${looked} before it do not say all that was before: --deep looks at the whole log.`
  }
  return `Not all of what was before is known: what came before entry ${floor} was trimmed.`
}

const placeOf = ({ collection, key }: { collection: string; key: string }): string =>
  JSON.stringify([collection, key])

// The only op on a row says nothing that the row before and after it does not say, where both are known.
function isToldByRows(
  op: StoredOp,
  ops: readonly StoredOp[],
  kinds: ReadonlyMap<string, ChangeKind>,
): boolean {
  if (op[0] !== 'put' && op[0] !== 'patch' && op[0] !== 'delete') return false
  const [, collection, key] = op
  const kind = kinds.get(placeOf({ collection, key: encodeKey(key) }))
  if (kind === undefined || kind === 'same') return false
  return ops.filter((other) => other[1] === collection && other[2] === key).length === 1
}
