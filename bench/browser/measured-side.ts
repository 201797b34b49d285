/** What a page of bench/browser/page has on its window. */

export interface MeasuredSide {
  /** Opens the collection; until all rows are in memory, in ms. The code is there before. */
  open(): Promise<number>
  readonly size: number
  /** Inserts one row after another, each when the one before is kept; in ms for each. */
  insert(count: number, first: number): Promise<number>
  /** The same, each asked for by the page, also where `insert` leaves the page out. */
  ask(count: number, first: number): Promise<number>
  /** Appends one row after another to the log, each when the one before is kept; in ms for each. Only where there is a log. */
  append(count: number, first: number): Promise<number>
  /** Inserts so many rows at once. */
  fill(count: number): Promise<unknown>
  /** Ends the page's worker, as a crash would. */
  restartWorker(): void
  /** Inserts until `stop()`, which answers with the longest time that one of them took, in ms. */
  longestInsert(first: number): { stop(): Promise<number> }
}

declare global {
  interface Window {
    side: MeasuredSide
    inserting: ReturnType<MeasuredSide['longestInsert']>
  }
}
