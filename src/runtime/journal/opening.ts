/** A journal at once, for a database that is still being opened. Failures of the opening reach whoever waits. */

import type { Board, Notice, Said } from './board.js'
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
} from './journal.js'

export class OpeningJournal implements Journal, Board {
  readonly #opening: Promise<Journal & Board>
  #opened: (Journal & Board) | undefined

  constructor(opening: Promise<Journal & Board>) {
    this.#opening = opening
    opening.then(
      (journal) => {
        this.#opened = journal
      },
      // `ready` and every call reject with it.
      () => undefined,
    )
  }

  // Not `async`: handing on a promise through an async function costs three turns of the microtask queue.
  append(transaction: Transaction): Promise<Position> {
    return this.#opened?.append(transaction) ?? this.#opening.then((journal) => journal.append(transaction))
  }

  head(): Promise<Position> {
    return this.#opened?.head() ?? this.#opening.then((journal) => journal.head())
  }

  read(after: Position, limit?: number): Promise<Entries> {
    return this.#opened?.read(after, limit) ?? this.#opening.then((journal) => journal.read(after, limit))
  }

  query(collection: string, subset?: Subset): Promise<Rows> {
    return (
      this.#opened?.query(collection, subset) ??
      this.#opening.then((journal) => journal.query(collection, subset))
    )
  }

  index(collection: string, changes: IndexChanges): Promise<void> {
    return this.#opening.then((journal) => journal.index(collection, changes))
  }

  async notify(origin: string, number: number, said: Said): Promise<void> {
    await (await this.#opening).notify(origin, number, said)
  }

  async silence(origin: string): Promise<void> {
    await (await this.#opening).silence(origin)
  }

  async notices(prefix: string): Promise<readonly Notice[]> {
    return (await this.#opening).notices(prefix)
  }

  onNotice(listener: () => void): Unsubscribe {
    return this.#opened?.onNotice(listener) ?? this.#later((journal) => journal.onNotice(listener))
  }

  subscribe(listener: (entries: readonly Entry[], head?: Position) => void): Unsubscribe {
    return this.#opened?.subscribe(listener) ?? this.#later((journal) => journal.subscribe(listener))
  }

  #later(subscribe: (journal: Journal & Board) => Unsubscribe): Unsubscribe {
    let unsubscribe: Unsubscribe | undefined
    let ended = false
    this.#opening
      .then((journal) => {
        if (!ended) unsubscribe = subscribe(journal)
      })
      // It did not open, or was closed as soon as it was open. The subscriber asks for the head as well, and is told there.
      .catch(() => undefined)
    return () => {
      ended = true
      unsubscribe?.()
    }
  }
}
