/** Reading the log: in order, by page, each entry checked against the chain as it comes off the disk (L7). */

import { all, first, type Program } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import { CorruptLogError, NewerFormatError } from '../errors.js'
import { previousOf } from './checkpoint-body.js'
import { chain, GENESIS } from './checksum.js'
import { ENTRY_FORMAT, type Entry, type EntryKind, type Position } from './entry.js'
import { partsOf } from './parts.js'
import { isRedacted, isSoundlyRedacted, partDigest } from './redacted-part.js'
import { log } from './tables.js'
import { tail } from './tail.js'

const readFloor = statement<[]>()(
  log.selectFrom('daybook_log').select(['seq', 'term']).orderBy('seq').limit(literal(1)),
)

const readAt = statement<[seq: number]>()(
  log.selectFrom('daybook_log').select(['seq', 'term', 'checksum']).where('seq', '=', parameter<number>()),
)

const readSizes = statement<[after: number, limit: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'size'])
    .where('seq', '>', parameter<number>())
    .orderBy('seq')
    .limit(parameter<number>()),
)

const readThrough = statement<[after: number, through: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'term', 'kind', 'origin', 'origin_seq', 'committed_at', 'format'])
    .select(['parts', 'size', 'body', 'checksum'])
    .where('seq', '>', parameter<number>())
    .where('seq', '<=', parameter<number>())
    .orderBy('seq'),
)

/** A page holds at most this many UTF-16 code units of bodies, but always at least one entry. */
const PAGE_SIZE = 4 << 20

/** The most entries in a page. */
export const PAGE_ENTRIES = 1000

/** Entries in order, or word that the reader's place is no longer in the log. */
export type Entries =
  | { readonly entries: readonly Entry[]; readonly head: Position }
  | { readonly trimmed: Position }

/** The oldest entry that is still kept. */
export function* floor(): Program<Position> {
  return (yield* first(readFloor)) as Position
}

/**
 * The entries after a position, at most `limit` of them, in pages of about 8 MiB.
 *
 * Answers `trimmed` with the floor when the reader cannot go on from `after`: entries behind it are gone, or the log
 * has another entry at that seq or none (another log, or a file put back from a backup).
 *
 * @throws CorruptLogError naming the first entry that is not what was written
 */
export function* readEntries(after: Position, limit: number = PAGE_ENTRIES): Program<Entries> {
  const head = yield* tail()
  const oldest = yield* floor()
  const place = after.seq === 0 ? undefined : yield* first(readAt, after.seq)
  // Nothing is missing before the floor, so a reader that ends right there can go on.
  const atFloor = after.seq === oldest.seq - 1
  if (!atFloor && place?.term !== after.term) return { trimmed: oldest }
  const before = after.seq === 0 ? GENESIS : place?.checksum
  const entries = yield* page(after.seq, Math.min(limit, PAGE_ENTRIES), before)
  return { entries, head: { term: head.term, seq: head.seq } }
}

/**
 * A page of entries after `seq`, checked against the checksum of the entry at `seq`; without one (its entry was
 * trimmed) against what a checkpoint says of the entry before it, and any other first entry is taken on trust.
 *
 * @throws CorruptLogError, NewerFormatError
 */
export function* page(seq: number, limit: number, checksum: string | undefined): Program<Entry[]> {
  let previous = checksum
  let expected = seq + 1
  const entries: Entry[] = []
  for (const { entry, fault } of yield* rawPage(seq, limit)) {
    if (entry.position.seq !== expected) throw new CorruptLogError(expected, 'it is missing')
    if (entry.format > ENTRY_FORMAT) throw new NewerFormatError(entry.format, ENTRY_FORMAT)
    if (fault !== undefined) throw new CorruptLogError(expected, fault)
    previous ??= previousOf(entry)
    if (previous !== undefined && checksumOf(previous, entry) !== entry.checksum) {
      throw new CorruptLogError(expected, 'its checksum does not fit its content and the entry before it')
    }
    entries.push(entry)
    previous = entry.checksum
    expected++
  }
  return entries
}

/** An entry as it was found. */
export interface RawEntry {
  readonly entry: Entry
  /** What is wrong with its row, whatever its checksum says. */
  readonly fault: string | undefined
}

/**
 * Whether an entry comes behind what was read: a damaged table can answer with the same ones again and again.
 *
 * @throws CorruptLogError when it does not
 */
export function checkBehind(seq: number, after: number): void {
  if (seq <= after)
    throw new CorruptLogError(after + 1, 'the table of the log does not have its entries in order')
}

/** The last of at most `limit` entries after `seq` whose bodies have at most `bound` code units, but at least one entry. */
export function* endOfPage(seq: number, limit: number, bound: number): Program<number> {
  let through = seq
  let size = 0
  for (const next of yield* all(readSizes, seq, limit)) {
    size += next.size
    if (size > bound && through > seq) break
    through = next.seq
  }
  return through
}

/** A page of entries after `seq`, as they are found: for whoever has to go on behind damage. */
export function* rawPage(seq: number, limit: number): Program<RawEntry[]> {
  const through = yield* endOfPage(seq, limit, PAGE_SIZE)
  if (through === seq) return []
  const entries: RawEntry[] = []
  for (const row of yield* all(readThrough, seq, through)) {
    const further = row.parts === 1 ? [] : yield* all(partsOf, row.seq)
    const bodies: readonly unknown[] = [row.body, ...further.map(({ body }) => body)]
    // Damage makes anything of a text, NULL included; its checksum tells.
    const parts = bodies.map(String)
    const entry: Entry = {
      position: { term: row.term, seq: row.seq },
      kind: String(row.kind) as EntryKind,
      origin: String(row.origin),
      originSeq: row.origin_seq,
      committedAt: row.committed_at,
      format: row.format,
      parts,
      checksum: String(row.checksum),
    }
    entries.push({ entry, fault: faultOf(row, bodies, further) })
  }
  return entries
}

/** The columns of an entry besides its body, as they come off the disk: nothing about them is certain. */
interface Columns {
  readonly term: unknown
  readonly kind: unknown
  readonly origin: unknown
  readonly origin_seq: unknown
  readonly committed_at: unknown
  readonly format: unknown
  readonly parts: unknown
  readonly size: unknown
  readonly checksum: unknown
}

/** What is wrong with the columns of an entry: SQLite keeps a BLOB in a TEXT column, and its bytes give the same digest. */
export function faultOfColumns(row: Columns): string | undefined {
  // A BLOB of the same bytes reads the same once it is made a text.
  for (const name of ['kind', 'origin', 'checksum'] as const) {
    if (typeof row[name] !== 'string') return `its ${name} is not a text`
  }
  for (const name of ['term', 'origin_seq', 'committed_at', 'format', 'parts', 'size'] as const) {
    if (!Number.isFinite(row[name])) return `its ${name} is not a number`
  }
  return undefined
}

function faultOf(
  row: Columns,
  bodies: readonly unknown[],
  further: readonly { part: number }[],
): string | undefined {
  const inOrder = further.every(({ part }, index) => part === index + 1)
  const fault = faultOfColumns(row)
  if (fault !== undefined) return fault
  if (bodies.length !== row.parts || !inOrder) return 'a part of its body is missing'
  if (!bodies.every((body) => typeof body === 'string')) return 'its body is not a text'
  const size = bodies.reduce((sum: number, body) => sum + (body as string).length, 0)
  if (size !== row.size) return 'its size is not that of its body'
  const left = (bodies as string[]).filter(isRedacted)
  return left.every(isSoundlyRedacted)
    ? undefined
    : 'what is left of a redacted part is not what was left of it'
}

/** The newest entry. */
export function* lastEntry(): Program<Entry> {
  const { seq } = yield* tail()
  return (yield* page(seq - 1, 1, undefined))[0] as Entry
}

/** What an entry's checksum must be, given the one before it. */
export const checksumOf = (previous: string, entry: Entry): string =>
  chain(previous, {
    seq: entry.position.seq,
    term: entry.position.term,
    kind: entry.kind,
    origin: entry.origin,
    originSeq: entry.originSeq,
    committedAt: entry.committedAt,
    format: entry.format,
    digests: entry.parts.map(partDigest),
  })

/** The checksum at a seq, if its entry is kept. */
export function* checksumAt(seq: number): Program<string | undefined> {
  return seq === 0 ? GENESIS : (yield* first(readAt, seq))?.checksum
}
