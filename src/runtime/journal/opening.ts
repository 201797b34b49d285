/** A journal at once, for a database that is still being opened. Failures of the opening reach whoever waits. */

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

export class OpeningJournal implements Journal {
  readonly #opening: Promise<Journal>
  #opened: Journal | undefined

  constructor(opening: Promise<Journal>) {
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

  subscribe(listener: (entries: readonly Entry[], head?: Position) => void): Unsubscribe {
    if (this.#opened !== undefined) return this.#opened.subscribe(listener)
    let unsubscribe: Unsubscribe | undefined
    let ended = false
    this.#opening
      .then((journal) => {
        if (!ended) unsubscribe = journal.subscribe(listener)
      })
      // It did not open, or was closed as soon as it was open. The subscriber asks for the head as well, and is told there.
      .catch(() => undefined)
    return () => {
      ended = true
      unsubscribe?.()
    }
  }
}
