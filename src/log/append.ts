/**
 * Appending: the only way into the log (L1, L2, L3, L5, L6, L7).
 *
 * Position, term and checksum of the tail are read inside the appending SQLite transaction, never from memory, so any
 * number of connections and processes can append to one file.
 */

import { all, first, type Program, run, type Step, step } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import { FencedError, OriginConflictError } from '../errors.js'
import { chain, digest } from './checksum.js'
import { controlsOf } from './controls.js'
import {
  ENTRY_FORMAT,
  type Entry,
  type EntryKind,
  type Position,
  type Tail,
  type Transaction,
} from './entry.js'
import { isControlKind } from './kind.js'
import { isRunOf, type KnownLog, runWith } from './known.js'
import { positionOf } from './origins.js'
import { insertPart, partsOf } from './parts.js'
import { partDigest } from './redacted-part.js'
import { areMetBy, type KnownControls, type LogNow, type UnmetRequirement, unmet } from './requirements.js'
import { log } from './tables.js'
import { tail, tailAt } from './tail.js'

export { tail, tailAt }

/** The hot statements; `test/log/plans.test.ts` checks how SQLite runs them. */
const insertEntry = statement<
  [
    seq: number,
    term: number,
    kind: string,
    origin: string,
    originSeq: number,
    committedAt: number,
    format: number,
    parts: number,
    size: number,
    body: string,
    checksum: string,
  ]
>()(
  log.insertInto('daybook_log').values({
    seq: parameter<number>(),
    term: parameter<number>(),
    kind: parameter<string>(),
    origin: parameter<string>(),
    origin_seq: parameter<number>(),
    committed_at: parameter<number>(),
    format: parameter<number>(),
    parts: parameter<number>(),
    size: parameter<number>(),
    body: parameter<string>(),
    checksum: parameter<string>(),
  }),
)

/**
 * The same in one statement that is a transaction of its own: SQLite itself looks whether the log still ends where the
 * writer thinks. When the checksum differs there is no term (NOT NULL fails); when others have appended since, the
 * seq is taken (the trigger refuses).
 */
const insertBehind = statement<
  [
    seq: number,
    lastSeq: number,
    lastChecksum: string,
    origin: string,
    originSeq: number,
    committedAt: number,
    size: number,
    body: string,
    checksum: string,
  ]
>()(
  log.insertInto('daybook_log').values({
    seq: parameter<number>(),
    term: log
      .selectFrom('daybook_log as last')
      .select('last.term')
      .where('last.seq', '=', parameter<number>())
      .where('last.checksum', '=', parameter<string>()),
    kind: literal('tx'),
    origin: parameter<string>(),
    origin_seq: parameter<number>(),
    committed_at: parameter<number>(),
    format: literal(ENTRY_FORMAT),
    parts: literal(1),
    size: parameter<number>(),
    body: parameter<string>(),
    checksum: parameter<string>(),
  }),
)

const bodyAt = statement<[seq: number]>()(
  log.selectFrom('daybook_log').select(['kind', 'parts', 'body']).where('seq', '=', parameter<number>()),
)

/** A transaction with the digests of its parts, computed before the write lock is taken. */
export interface AppendRequest extends Transaction {
  readonly kind: EntryKind
  readonly digests: readonly string[]
  readonly committedAt: number
}

/** What became of one request: appended now, appended before, or refused. */
export type AppendOutcome =
  | { readonly entry: Entry }
  | { readonly duplicateOf: Position }
  | { readonly refused: FencedError | OriginConflictError | UnmetRequirement }

/** Makes a request of a transaction. */
export const requestFor = (
  transaction: Transaction,
  committedAt: number,
  kind: EntryKind = 'tx',
): AppendRequest => {
  const { origin, originSeq, parts, term, requires } = transaction
  const digests = parts.map(digest)
  return {
    origin,
    originSeq,
    parts,
    kind,
    committedAt,
    digests,
    ...(term && { term }),
    ...(requires && { requires }),
  }
}

/**
 * Appends requests in order, each its own entry; a refused one does not touch the others. Run it in a write
 * transaction, and call `known.advance` with the outcome when that has committed.
 */
export function* append(requests: readonly AppendRequest[], known: KnownLog): Program<AppendOutcome[]> {
  let last = yield* tail()
  if (!known.isAt(last)) yield* known.update(last)
  const outcomes: AppendOutcome[] = []
  // What this very group has raised so far; `known` learns it only after the commit.
  const raised = new Map<string, number>()
  let controls = (collection: string): Program<KnownControls> => known.controls(collection)
  let run = known.run
  for (const request of requests) {
    const { origin, originSeq } = request
    const highest = raised.get(origin) ?? known.rememberedHighest(origin) ?? (yield* known.highest(origin))
    if (originSeq <= highest) {
      const position = yield* positionOf(origin, originSeq)
      if (position !== undefined) {
        outcomes.push(yield* repeated(request, position))
        continue
      }
    }
    if (request.term !== undefined && request.term < last.term) {
      outcomes.push({ refused: new FencedError(request.term, last.term) })
      continue
    }
    const now: LogNow = {
      controls,
      last: last.seq,
      isAllBy: (maker, after) => after >= last.seq || isRunOf(run, maker, after),
    }
    const refused = request.requires && (yield* unmet(request, now))
    if (refused !== undefined) {
      outcomes.push({ refused })
      continue
    }
    const entry = yield* insert(request, last)
    raised.set(origin, Math.max(originSeq, highest))
    last = tailAt(entry)
    run = runWith(run, last.seq, origin)
    // From here on the log says more than is known of it; whether that is committed nobody knows yet.
    if (isControlKind(entry.kind)) controls = controlsOf
    outcomes.push({ entry })
  }
  return outcomes
}

/** Appends a control entry that begins a new term. */
export function* claimTerm(origin: string, originSeq: number, committedAt: number): Program<Entry> {
  const last = yield* tail()
  const request = requestFor({ origin, originSeq, parts: ['[]'] }, committedAt, 'term')
  return yield* insert(request, { ...last, term: last.term + 1 })
}

/** A single statement that appends, and the entry that is in the log when it succeeded. */
export interface QuickAppend {
  readonly step: Step
  readonly entry: Entry
}

/**
 * The short way for what nearly every append is: one small transaction behind a tail that this writer knows. Run the
 * step as a transaction of its own. When it fails, nothing is decided: `append` is asked, which reads.
 */
export function quickAppend(request: AppendRequest, known: KnownLog): QuickAppend | undefined {
  const { kind, origin, originSeq, committedAt, parts, term, requires } = request
  const { tail } = known
  const [body] = parts
  if (tail === undefined || body === undefined || parts.length > 1 || kind !== 'tx') return undefined
  if (requires !== undefined && !areMetBy(request, known)) return undefined
  const highest = known.rememberedHighest(origin)
  if (highest === undefined || originSeq <= highest || (term !== undefined && term < tail.term))
    return undefined
  const entry = entryBehind(tail, request)
  const { seq } = entry.position
  const { length } = body
  const { checksum } = entry
  return {
    step: step(
      insertBehind,
      seq,
      tail.seq,
      tail.checksum,
      origin,
      originSeq,
      committedAt,
      length,
      body,
      checksum,
    ),
    entry,
  }
}

/** Puts one entry behind the tail. */
export function* insert(request: AppendRequest, last: Tail): Program<Entry> {
  const entry = entryBehind(last, request)
  yield* write(entry)
  return entry
}

/** Writes an entry as it is; whoever calls it knows that it belongs there. */
export function* write({
  position: { seq, term },
  kind,
  origin,
  originSeq,
  committedAt,
  format,
  parts,
  checksum,
}: Entry): Program<void> {
  let size = 0
  for (const part of parts) size += part.length
  yield step(
    insertEntry,
    seq,
    term,
    kind,
    origin,
    originSeq,
    committedAt,
    format,
    parts.length,
    size,
    parts[0] as string,
    checksum,
  )
  for (let part = 1; part < parts.length; part++) yield* run(insertPart, seq, part, parts[part] as string)
}

// A writer that leads a newer term than the log has seen would have claimed it first; L2 holds because the term is the
// tail's.
function entryBehind({ seq: last, term, checksum: previous }: Tail, request: AppendRequest): Entry {
  const { kind, origin, originSeq, committedAt, parts, digests } = request
  const seq = last + 1
  const format = ENTRY_FORMAT
  const checksum = chain(previous, { seq, term, kind, origin, originSeq, committedAt, format, digests })
  return { position: { term, seq }, kind, origin, originSeq, committedAt, format, parts, checksum }
}

// The same maker and number again: the same content is a retry, other content is a bug that must not pass. By digest:
// what was blanked since was the same once.
function* repeated(request: AppendRequest, position: Position): Program<AppendOutcome> {
  const stored = yield* first(bodyAt, position.seq)
  // Trimmed: the content is gone, the position is not.
  if (stored === undefined) return { duplicateOf: position }
  const rest = request.parts.length > 1 ? yield* all(partsOf, position.seq) : []
  const same =
    stored.kind === request.kind &&
    stored.parts === request.parts.length &&
    rest.length === request.parts.length - 1 &&
    partDigest(stored.body) === request.digests[0] &&
    rest.every((part, index) => partDigest(part.body) === request.digests[index + 1])
  if (same) return { duplicateOf: position }
  return { refused: new OriginConflictError(request.origin, request.originSeq, position) }
}
