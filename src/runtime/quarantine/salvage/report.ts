/** What a salvage kept and what it did not. */

import type { Position } from '../../../errors.js'

export interface Salvaged {
  /** Nothing was lost. */
  readonly complete: boolean
  /** The seqs of the entries that are kept as they were; nothing where not even the first could be read. */
  readonly kept: { readonly from: number; readonly to: number } | undefined
  /** The seqs of those that are not: damaged ones and all behind them, as far as it can be told. */
  readonly lost: { readonly from: number; readonly to: number } | undefined
  /** Of the lost, the entries that were not posted yet and could be read: they were appended anew, at other seqs. */
  readonly appendedAnew: number
  readonly collections: readonly SalvagedCollection[]
  /** What else could not be read, in words. */
  readonly notes: readonly string[]
  /** Where the new log ends. */
  readonly head: Position
}

export interface SalvagedCollection {
  readonly collection: string
  /** The rows that it has now. */
  readonly rows: number
  /** Of these, the rows that are stated anew because the entries that wrote them are lost. */
  readonly restated: number
  /** Rows of it could not be read; where the log had them they are as old as what is kept of it. */
  readonly lostRows: boolean
  /** Metadata of it, such as a resume token, was left behind: its source has to send what it has again. */
  readonly lostMetadata: boolean
}
