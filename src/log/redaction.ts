/**
 * Blanking ops of entries: the one change that an entry ever sees (L4), and the record of it that stays in the log.
 *
 * A `redact` entry names every part that was blanked, with the digest of what is left: `[seq, part, digest]`. Where a
 * part is named more than once the newest record counts. The record is appended in the transaction that blanks, so
 * there is no blanked part without one; and it comes later in the log than what it names, so no trim parts them.
 */

import { type Program, run } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { insert, requestFor, tail } from './append.js'
import type { Entry, Maker } from './entry.js'
import { opParts } from './entry.js'
import { parseOps } from './op.js'
import { rawPage } from './read.js'
import { isOf, isRedacted, redactedPart } from './redacted-part.js'
import type { StoredOp } from './stored-op.js'
import { log } from './tables.js'

const blankFirst = statement<[body: string, size: number, seq: number]>()(
  log
    .updateTable('daybook_log')
    .set({ body: parameter<string>(), size: parameter<number>() })
    .where('seq', '=', parameter<number>()),
)

const blankFurther = statement<[body: string, seq: number, part: number]>()(
  log
    .updateTable('daybook_log_parts')
    .set({ body: parameter<string>() })
    .where('seq', '=', parameter<number>())
    .where('part', '=', parameter<number>()),
)

/** A part that was blanked, and the digest of what is left of it. */
export type Blanked = readonly [seq: number, part: number, is: string]

/** Whether an op goes. */
export type Goes = (op: StoredOp) => boolean

/**
 * Blanks ops of one entry; answers with the parts that are redacted now, none where no op of it goes. Of each collection
 * that loses ops in a part, a `redacted` op stays: that the entry touched the collection is not forgotten.
 */
export function* blank(seq: number, goes: Goes): Program<Blanked[]> {
  const [found] = yield* rawPage(seq - 1, 1)
  if (found?.entry.position.seq !== seq) return []
  const left = opParts(found.entry).map((part) => without(part, goes))
  if (left.every((text) => text === undefined)) return []
  const blanked: Blanked[] = []
  // The first part is redacted in any case: so a look at it tells that the entry is.
  const parts = found.entry.parts.map((part, index) => {
    const text = left[index] ?? (index === 0 ? JSON.stringify(parseOps(part)) : undefined)
    if (text === undefined) return part
    const redacted = redactedPart(part, text)
    blanked.push([seq, index, isOf(redacted)])
    return redacted
  })
  yield* putParts(seq, parts)
  return blanked
}

/** Replaces parts of an entry by what is left of them; the others stay as they are. */
export function* putParts(seq: number, parts: readonly string[]): Program<void> {
  const size = parts.reduce((sum, { length }) => sum + length, 0)
  yield* run(blankFirst, parts[0] as string, size, seq)
  for (const [part, text] of parts.entries()) {
    if (part > 0 && isRedacted(text)) yield* run(blankFurther, text, seq, part)
  }
}

/** The entries that a record names. */
export const seqsNamedBy = (record: Entry): ReadonlySet<number> =>
  new Set(namedBy(record).map(([seq]) => seq))

// The text of the ops that stay; nothing where all do.
function without(part: string, goes: Goes): string | undefined {
  const ops = parseOps(part)
  const left: StoredOp[] = []
  const marked = new Set<string>()
  let gone = 0
  for (const op of ops) {
    if (!goes(op)) {
      left.push(op)
      if (op[0] === 'redacted') marked.add(op[1])
      // What stood behind a reset has brought the collection back.
      if (op[0] === 'reset') marked.delete(op[1])
      continue
    }
    gone++
    if (marked.has(op[1])) continue
    marked.add(op[1])
    left.push(['redacted', op[1]])
  }
  return gone === 0 ? undefined : JSON.stringify(left)
}

/** Appends the record of what was blanked; call it in the same transaction. */
export function* recordRedaction(maker: Maker, blanked: readonly Blanked[]): Program<Entry> {
  const { origin, nextOriginSeq, committedAt } = maker
  const parts: string[] = []
  for (let from = 0; from < blanked.length; from += NAMED) {
    parts.push(JSON.stringify(blanked.slice(from, from + NAMED)))
  }
  const request = requestFor({ origin, originSeq: nextOriginSeq(), parts }, committedAt, 'redact')
  return yield* insert(request, yield* tail())
}

/** Blanked parts named in one part of a record: about half of what a part may hold. */
const NAMED = 10_000

/** Gathers what the log says of redactions, entry by entry, to compare both sides of it (L4). */
export class Redactions {
  /** By `seq/part`: what is left there. */
  readonly #found = new Map<string, string>()
  readonly #recorded = new Map<string, string>()

  add(entry: Entry): void {
    const { seq } = entry.position
    if (entry.kind === 'redact') {
      for (const [of, part, is] of namedBy(entry)) this.#recorded.set(`${of}/${part}`, is)
      return
    }
    entry.parts.forEach((part, index) => {
      if (isRedacted(part)) this.#found.set(`${seq}/${index}`, isOf(part))
    })
  }

  /** The seqs of entries of which a record and what is there do not say the same. */
  differing(): number[] {
    const seqs = new Set<number>()
    for (const [place, is] of this.#found) if (this.#recorded.get(place) !== is) seqs.add(seqOf(place))
    for (const place of this.#recorded.keys()) if (!this.#found.has(place)) seqs.add(seqOf(place))
    return [...seqs].sort((a, b) => a - b)
  }

  /** Looks again at an entry that may have been blanked since it was added. Answers whether the record holds now. */
  again(seq: number, entry: Entry | undefined): boolean {
    for (const place of [...this.#found.keys()]) if (seqOf(place) === seq) this.#found.delete(place)
    if (entry !== undefined) this.add(entry)
    // What a record names may have been trimmed since.
    return entry === undefined || !this.differing().includes(seq)
  }
}

const seqOf = (place: string): number => Number(place.slice(0, place.indexOf('/')))

function namedBy(entry: Entry): Blanked[] {
  try {
    return entry.parts.flatMap((part) => JSON.parse(part) as Blanked[])
  } catch {
    // The chain has found it already.
    return []
  }
}
