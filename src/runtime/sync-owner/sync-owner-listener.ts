/** What the role of sync owner tells those that depend on it. */

import type { Position } from '../../errors.js'

/**
 * `waiting`: somebody else is the owner, or nobody yet. `owner`: this context holds the lock and appended the newest claim
 * it knows of. `stopped`: it never will be again.
 */
export type SyncOwnerState = 'waiting' | 'owner' | 'stopped'

/**
 * Why the role is gone. `superseded`: another context has claimed the collection. `lock lost`: the lock was taken away.
 * `released`: release() was called. `stopped`: stop() was called, or the daybook closed.
 */
export type LostReason = 'superseded' | 'lock lost' | 'released' | 'stopped'

/** Told of the role, in turn: each `onOwner` is followed by one `onLost`. */
export interface SyncOwnerListener {
  /** This context is the owner. Give `['claim', collection, claim.seq]` as `requires` to each upstream transaction. */
  onOwner(claim: Position): void
  /**
   * Nobody else has the role, and the log cannot take the claim at present (disk full): the source may run, and nothing of
   * it can be kept before `onOwner` follows. Left out by those who cannot do with that: it is an error then.
   */
  onUnclaimed?(error: unknown): void
  /**
   * Another context asks for the role; `answer` tells it that this one has heard. Left out: it gets it at once.
   */
  onAsked?(answer: () => void): void
  /** It is no longer. Appends under the claim are refused from now on, or very soon. */
  onLost(reason: LostReason): void
  /**
   * The role could not be taken, or a listener threw; daybook tries again. Of the same error in a row only the first is
   * told.
   */
  onError(error: unknown): void
}
