/**
 * Reading the log page by page in bounded memory, for whoever goes through all of it: an entry that is larger than a page
 * is read part by part.
 */

import { all, first, type Program } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import { chain } from './checksum.js'
import type { Entry } from './entry.js'
import { partAt } from './parts.js'
import { checksumOf, faultOfColumns, rawPage } from './read.js'
import { isRedacted, isSoundlyRedacted, partDigest } from './redacted-part.js'
import { log } from './tables.js'

/** An entry of more UTF-16 code units is read part by part. */
const LARGE = 8 << 20

const sizeBehind = statement<[after: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'size'])
    .where('seq', '>', parameter<number>())
    .orderBy('seq')
    .limit(literal(1)),
)

const columnsAt = statement<[seq: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'term', 'kind', 'origin', 'origin_seq', 'committed_at', 'format'])
    .select(['parts', 'size', 'checksum'])
    .where('seq', '=', parameter<number>()),
)

const firstPartAt = statement<[seq: number]>()(
  log.selectFrom('daybook_log').select('body').where('seq', '=', parameter<number>()),
)

const partNumbers = statement<[seq: number]>()(
  log.selectFrom('daybook_log_parts').select('part').where('seq', '=', parameter<number>()).orderBy('part'),
)

/** An entry without its body. */
export type EntryHead = Omit<Entry, 'parts'>

/** An entry as it was found. */
export interface Streamed {
  readonly head: EntryHead
  /** How many parts its row says that it has. */
  readonly parts: number
  /** What is wrong with its row, whatever its checksum says. */
  readonly fault: string | undefined
  /** Whether it fits its checksum, given that of the entry before it. */
  readonly fits: (previous: string) => boolean
  /** Its parts; none of an entry that was so large that they were given away one by one. */
  readonly texts: readonly string[] | undefined
}

/** Is given each part of an entry that is read part by part, before anybody knows whether its checksum fits. */
export type OnPart = (head: EntryHead, text: string, part: number) => void

/** A page of entries behind a seq, as they are found. */
export function* streamPage(after: number, limit: number, onPart: OnPart): Program<Streamed[]> {
  const next = yield* first(sizeBehind, after)
  if (next === undefined) return []
  if (next.size > LARGE) return [yield* streamLarge(next.seq, onPart)]
  return (yield* rawPage(after, limit)).map(({ entry, fault }) => ({
    head: entry,
    parts: entry.parts.length,
    fault,
    fits: (previous) => checksumOf(previous, entry) === entry.checksum,
    texts: entry.parts,
  }))
}

function* streamLarge(seq: number, onPart: OnPart): Program<Streamed> {
  const row = (yield* first(columnsAt, seq)) as NonNullable<unknown> & Columns
  const { term, origin, format, checksum, parts } = row
  const kind = row.kind as Entry['kind']
  const originSeq = row.origin_seq
  const committedAt = row.committed_at
  const head = { position: { term, seq }, kind, origin, originSeq, committedAt, format, checksum }
  const numbers = (yield* all(partNumbers, seq)).map(({ part }) => part)
  const complete = numbers.length === parts - 1 && numbers.every((part, index) => part === index + 1)
  let fault = faultOfColumns(row) ?? (complete ? undefined : 'a part of its body is missing')
  const digests: string[] = []
  let size = 0
  for (const part of [0, ...numbers]) {
    const found = part === 0 ? yield* first(firstPartAt, seq) : yield* first(partAt, seq, part)
    const text: unknown = found?.body
    if (typeof text !== 'string') {
      fault ??= 'its body is not a text'
      continue
    }
    size += text.length
    digests.push(partDigest(text))
    if (isRedacted(text) && !isSoundlyRedacted(text)) fault ??= REDACTED_OTHERWISE
    onPart(head, text, part)
  }
  if (size !== row.size) fault ??= 'its size is not that of its body'
  const fits = (previous: string): boolean => chain(previous, { ...head, seq, term, digests }) === checksum
  return { head, parts, fault, fits, texts: undefined }
}

const REDACTED_OTHERWISE = 'what is left of a redacted part is not what was left of it'

interface Columns {
  readonly seq: number
  readonly term: number
  readonly kind: string
  readonly origin: string
  readonly origin_seq: number
  readonly committed_at: number
  readonly format: number
  readonly parts: number
  readonly size: number
  readonly checksum: string
}
