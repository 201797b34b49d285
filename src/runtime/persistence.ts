/** What a collection needs of the daybook that keeps it; `persistence: daybook` in the options. */

import type { Position } from '../errors.js'
import type { Op } from '../log/op.js'
import type { Journal } from './journal/journal.js'
import type { Tail } from './tail.js'

export interface Persistence {
  readonly journal: Journal
  /** @internal */
  readonly tail: Tail
  /** @internal Appends ops as one entry; resolves when it is kept and applied to the open collections. */
  write(ops: readonly Op[]): Promise<Position>
  /** @internal For a failure that concerns no caller. */
  report(error: unknown): void
}
