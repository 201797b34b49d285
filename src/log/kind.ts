/**
 * The kind of entry that a transaction makes follows from its ops, so that nobody can say otherwise.
 *
 * What decides about other transactions (claims, schema versions) is not of kind `tx`: the partial index
 * `daybook_log_controls` finds it without a look at any transaction.
 */

import { InvalidTransactionError } from '../errors.js'
import type { EntryKind } from './entry.js'
import type { StoredOp } from './stored-op.js'

/** The kinds that transactions make. */
export type TransactionKind = Extract<EntryKind, 'tx' | 'claim' | 'schema' | 'reset'>

/** The kinds that say something about a collection besides its rows. */
export const isControlKind = (kind: string): boolean =>
  kind === 'claim' || kind === 'schema' || kind === 'reset'

/** Looks at the ops of one transaction, in order. */
export class KindOfOps {
  kind: TransactionKind = 'tx'
  #count = 0
  #first: StoredOp | undefined

  /** @throws InvalidTransactionError when the op cannot stand beside those before it */
  add(op: StoredOp): void {
    const count = this.#count++
    if (count === 0) this.#first = op
    if (this.kind === 'claim') throw new InvalidTransactionError('a claim stands alone')
    if (op[0] === 'claim') {
      if (count > 0) throw new InvalidTransactionError('a claim stands alone')
      this.kind = 'claim'
    } else if (op[0] === 'schema') {
      const first = this.#first as StoredOp
      const leads = count === 0 || (count === 1 && first[0] === 'reset' && first[1] === op[1])
      if (!leads) {
        throw new InvalidTransactionError(
          'a schema op comes first, or directly behind a reset of its collection',
        )
      }
      this.kind = 'schema'
    } else if (this.kind === 'schema') {
      if (op[1] !== (this.#first as StoredOp)[1] || op[0] === 'reset') {
        throw new InvalidTransactionError(
          'behind a schema op there are only changes to rows of its collection',
        )
      }
    } else if (op[0] === 'reset') this.kind = 'reset'
  }
}
