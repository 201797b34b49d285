/** The log as an async iterable of decoded entries. */

import { ClosedError, DestroyedError, TrimmedError } from '../../errors.js'
import { type EntryKind, opParts, type Position, START } from '../../log/entry.js'
import { type Op, parseOps } from '../../log/op.js'
import { isRedacted } from '../../log/redacted-part.js'
import type { Entry, Journal } from '../journal/journal.js'
import type { Codec } from './codec.js'

/** One entry, with values as the app knows them. */
export interface DecodedEntry {
  readonly position: Position
  readonly kind: EntryKind
  readonly origin: string
  readonly originSeq: number
  /** By the writer's clock; information only. */
  readonly committedAt: Date
  /** Without those that were blanked. */
  readonly ops: readonly Op[]
  /** Ops of this entry were blanked since it was written. Left out where none was. */
  readonly redacted?: true
}

export interface EntriesOptions {
  /** Only entries after this position. Default: from the first that is kept. */
  readonly after?: Position
  /** Only entries with changes to this collection (blanked ones too), and of them only these changes. */
  readonly collection?: string
  /** Goes on with new entries as they come, until `signal` aborts. Default false. */
  readonly follow?: boolean
  /** Ends the iteration. */
  readonly signal?: AbortSignal
}

/**
 * The entries as an iterator that ends at once when `return()` is called, `options.signal` aborts or the daybook is
 * `closed`, also while it waits for the next entry.
 */
export function readDecoded(
  journal: Journal,
  codec: Codec,
  options: EntriesOptions,
  closed: AbortSignal,
): AsyncGenerator<DecodedEntry, void> {
  const ending = new AbortController()
  const end = (): void => ending.abort()
  for (const signal of [closed, options.signal]) {
    if (signal?.aborted === true) end()
    signal?.addEventListener('abort', end, { once: true, signal: ending.signal })
  }
  const isTooLate = closed.aborted
  const generator = (async function* () {
    if (isTooLate) throw destroyedBy(closed) ?? new ClosedError()
    try {
      yield* generate(journal, codec, { ...options, signal: ending.signal })
      const destroyed = destroyedBy(closed)
      if (destroyed !== undefined) throw destroyed
    } finally {
      end()
    }
  })()
  // A generator lets return() wait for the next() under way, which may never come: the abort wakes it first.
  const { return: finish } = generator
  generator.return = (value) => {
    end()
    return finish.call(generator, value)
  }
  return generator
}

/** Why the daybook is closed, when its log is gone. */
const destroyedBy = ({ reason }: AbortSignal): DestroyedError | undefined =>
  reason instanceof DestroyedError ? reason : undefined

/** @throws TrimmedError when entries after `after` are no longer kept */
async function* generate(
  journal: Journal,
  codec: Codec,
  options: EntriesOptions,
): AsyncGenerator<DecodedEntry, void> {
  const { collection, follow = false, signal } = options
  const news = follow ? new News(journal, signal) : undefined
  try {
    let after = options.after
    const aborted = (): boolean => signal?.aborted === true
    while (!aborted()) {
      const answer = await journal.read(after ?? START)
      if ('trimmed' in answer) {
        // Whoever named no place begins where the log begins now.
        if (after !== undefined) throw new TrimmedError(after, answer.trimmed)
        after = { term: answer.trimmed.term, seq: answer.trimmed.seq - 1 }
        continue
      }
      for (const entry of answer.entries) {
        const decoded = decodeEntry(entry, codec, collection)
        if (decoded !== undefined) yield decoded
        if (aborted()) return
        after = entry.position
      }
      if (answer.entries.length > 0 && (after?.seq ?? 0) < answer.head.seq) continue
      if (news === undefined) return
      await news.next(after?.seq ?? 0)
    }
  } finally {
    news?.stop()
  }
}

function decodeEntry(entry: Entry, codec: Codec, collection: string | undefined): DecodedEntry | undefined {
  const { position, kind, origin, originSeq, committedAt } = entry
  const all = opParts(entry).flatMap((part) => codec.decodeOps(part))
  const ops = collection === undefined ? all : all.filter((op) => op.collection === collection)
  const redacted = losesOps(entry, collection)
  if (collection !== undefined && ops.length === 0 && !redacted) return undefined
  const decoded = { position, kind, origin, originSeq, committedAt: new Date(committedAt), ops }
  return redacted ? { ...decoded, redacted } : decoded
}

// Of this collection, or at all. The first part is redacted whenever any is.
const losesOps = (entry: Entry, collection: string | undefined): boolean =>
  isRedacted(entry.parts[0] as string) &&
  entry.parts.some((part) =>
    parseOps(part).some(([op, id]) => op === 'redacted' && (collection === undefined || id === collection)),
  )

/** Waits for entries behind a seq. */
class News {
  #newest = 0
  #wake: (() => void) | undefined
  readonly #unsubscribe: () => void
  readonly #signal: AbortSignal | undefined

  constructor(journal: Journal, signal: AbortSignal | undefined) {
    this.#signal = signal
    this.#unsubscribe = journal.subscribe((entries) => {
      this.#newest = Math.max(this.#newest, entries.at(-1)?.position.seq ?? 0)
      this.#wake?.()
    })
    signal?.addEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => this.#wake?.()

  async next(seq: number): Promise<void> {
    if (this.#newest > seq || this.#signal?.aborted === true) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }

  stop(): void {
    this.#unsubscribe()
    this.#signal?.removeEventListener('abort', this.#abort)
  }
}
