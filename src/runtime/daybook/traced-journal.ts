/** A journal whose appends are told of when they are answered. Only a handle that is traced has one, and loads this. */

import { parseOps } from '../../log/body.js'
import type { Clock } from '../clock.js'
import type { Board, Notice, Said } from '../journal/board.js'
import type {
  Entries,
  Entry,
  IndexChanges,
  Journal,
  Position,
  Rows,
  Subset,
  Transaction,
  Unsubscribe,
} from '../journal/journal.js'
import type { AppendEvent, Trace } from './trace.js'

/** The same journal, whose appends are told of. */
export const traced = (journal: Journal & Board, trace: Trace, clock: Clock): Journal & Board =>
  new TracedJournal(journal, trace, clock)

class TracedJournal implements Journal, Board {
  readonly #journal: Journal & Board
  readonly #trace: Trace
  readonly #clock: Clock

  constructor(journal: Journal & Board, trace: Trace, clock: Clock) {
    this.#journal = journal
    this.#trace = trace
    this.#clock = clock
  }

  append(transaction: Transaction): Promise<Position> {
    const began = this.#clock.elapsed()
    const appended = this.#journal.append(transaction)
    const tell = (outcome: Pick<AppendEvent, 'outcome' | 'seq' | 'error'>): void => {
      const duration = this.#clock.elapsed() - began
      this.#trace({ type: 'append', ...outcome, ...changesOf(transaction), duration })
    }
    // Before whoever waits for it goes on.
    appended.then(
      ({ seq }) => tell({ outcome: 'committed', seq }),
      (error: unknown) => tell({ outcome: 'failed', error }),
    )
    return appended
  }

  notify(origin: string, number: number, said: Said): Promise<void> {
    return this.#journal.notify(origin, number, said)
  }

  silence(origin: string): Promise<void> {
    return this.#journal.silence(origin)
  }

  notices(prefix: string): Promise<readonly Notice[]> {
    return this.#journal.notices(prefix)
  }

  onNotice(listener: () => void): Unsubscribe {
    return this.#journal.onNotice(listener)
  }

  head(): Promise<Position> {
    return this.#journal.head()
  }

  read(after: Position, limit?: number): Promise<Entries> {
    return this.#journal.read(after, limit)
  }

  query(collection: string, subset?: Subset): Promise<Rows> {
    return this.#journal.query(collection, subset)
  }

  index(collection: string, changes: IndexChanges): Promise<void> {
    return this.#journal.index(collection, changes)
  }

  subscribe(listener: (entries: readonly Entry[], head?: Position) => void): Unsubscribe {
    return this.#journal.subscribe(listener)
  }
}

function changesOf(transaction: Transaction): Pick<AppendEvent, 'collections' | 'ops' | 'size'> {
  try {
    return countChanges(transaction)
  } catch {
    // It is no transaction, and was refused for it.
    return { collections: [], ops: 0, size: 0 }
  }
}

function countChanges({ parts }: Transaction): ReturnType<typeof changesOf> {
  const collections = new Set<string>()
  let ops = 0
  let size = 0
  for (const part of parts) {
    size += part.length
    for (const [, collection] of parseOps(part)) {
      ops++
      collections.add(collection)
    }
  }
  return { collections: [...collections], ops, size }
}
