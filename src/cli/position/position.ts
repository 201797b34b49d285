/** Positions as people type them: `3:1041`, `1041`, `@head`, `@head~5`, `@floor`, a time, the id of a transaction. */

import { formatPosition } from '../../errors.js'
import { tail } from '../../log/append.js'
import type { Position } from '../../log/entry.js'
import { entryAt, lastCommittedBy, originsBeginning } from '../../log/find.js'
import { positionOf } from '../../log/origins.js'
import { floor } from '../../log/read.js'
import type { DatabaseFile } from '../database-file.js'
import { UsageError } from '../exit-codes.js'

/** What every `--help` says of positions. */
export const POSITIONS = `
A position is 3:1041 (term and seq), 1041 (a seq), @head, @floor, a time such as 2026-11-27T10:00Z (the last entry
committed by then), or the id of a transaction (origin:number, or as much of it as is unique). ~5 behind it goes five
entries back, or as many as there are: @head~5.`

/** Where the log begins and ends. */
export interface Extent {
  readonly floor: Position
  readonly head: Position
}

export async function extentOf(file: DatabaseFile): Promise<Extent> {
  return file.inspect(function* () {
    const { term, seq } = yield* tail()
    return { floor: yield* floor(), head: { term, seq } }
  })
}

/** @throws UsageError saying what is wrong, and what is near */
export async function resolvePosition(file: DatabaseFile, text: string): Promise<Position> {
  const [, base = '', back] = /^(.*?)(?:~(\d+))?$/.exec(text.trim()) ?? []
  const extent = await extentOf(file)
  const seq = await seqOf(file, base, extent)
  return positionAt(file, Math.max(extent.floor.seq, seq - Number(back ?? 0)))
}

async function seqOf(file: DatabaseFile, text: string, extent: Extent): Promise<number> {
  if (text === '@head') return extent.head.seq
  if (text === '@floor') return extent.floor.seq
  if (/^\d+$/.test(text)) return within(text, Number(text), extent)
  const exact = /^(\d+):(\d+)$/.exec(text)
  if (exact !== null) {
    const seq = within(text, Number(exact[2]), extent)
    const found = await positionAt(file, seq)
    if (found.term === Number(exact[1])) return seq
    throw new UsageError(`There is no entry ${text}: did you mean ${formatPosition(found)}?`)
  }
  if (text.startsWith('@')) throw new UsageError(`${text} is no position: did you mean @head or @floor?`)
  if (/^\d{4}-\d\d/.test(text)) return committedBy(file, text, extent)
  return transaction(file, text)
}

function within(text: string, seq: number, extent: Extent): number {
  if (seq < extent.floor.seq || seq > extent.head.seq) throw outside(text, extent)
  return seq
}

function outside(text: string, { floor, head }: Extent): UsageError {
  const trimmed = floor.seq > 1 ? ' (what was before is trimmed)' : ''
  return new UsageError(
    `${text} is not in this log, which goes from ${formatPosition(floor)}${trimmed} to ${formatPosition(head)}.`,
  )
}

async function positionAt(file: DatabaseFile, seq: number): Promise<Position> {
  // An entry that is missing or unreadable has a place all the same.
  const raw = await file.inspect(() => entryAt(seq)).catch(() => undefined)
  return raw?.entry.position ?? { term: 0, seq }
}

async function committedBy(file: DatabaseFile, text: string, extent: Extent): Promise<number> {
  const time = parseTime(text)
  const seq = await file.inspect(() => lastCommittedBy(time))
  if (seq !== undefined) return seq
  const first = await file.inspect(() => entryAt(extent.floor.seq))
  const since =
    first === undefined ? '' : `, which begins at ${new Date(first.entry.committedAt).toISOString()}`
  throw new UsageError(`Nothing in this log${since} was committed by ${text}.`)
}

/** A moment as people type it, in ms since 1970.
 *
 * @throws UsageError
 */
export function parseTime(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new UsageError(`${text} is no time: write it as 2026-11-27T10:00:00Z.`)
  return time
}

async function transaction(file: DatabaseFile, text: string): Promise<number> {
  const [, prefix = '', number] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  const origins = prefix === '' ? [] : await file.inspect(() => originsBeginning(prefix))
  const [origin] = origins
  if (origin === undefined) {
    throw new UsageError(`${text} is no position, and no transaction of this log begins with it.`)
  }
  if (origins.length > 1) {
    const some = origins.slice(0, 3).map((each) => each.origin)
    throw new UsageError(
      `${text} is not unique: ${origins.length} origins begin with it (${some.join(', ')} …).`,
    )
  }
  if (number === undefined && origin.count > 1) {
    throw new UsageError(
      `${origin.origin} has made ${origin.count} transactions: name one of them, as ${text}:${origin.firstSeq}.`,
    )
  }
  const originSeq = number === undefined ? origin.firstSeq : Number(number)
  const position = await file.inspect(() => positionOf(origin.origin, originSeq))
  if (position !== undefined) return position.seq
  throw new UsageError(`Origin ${origin.origin} has made no transaction ${originSeq} that this log knows.`)
}
