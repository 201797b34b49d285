/** The sync owners of one daybook: it makes them, tells of them, and gives up every role before it closes. */

import type { Position } from '../../errors.js'
import type { Op } from '../../log/op.js'
import type { Clock } from '../clock.js'
import type { Tail } from '../daybook/tail.js'
import type { Locks } from './locks/locks.js'
import { questionOp } from './role-watch.js'
import { SyncOwner } from './sync-owner.js'
import type { SyncOwnerListener } from './sync-owner-listener.js'

export interface SyncOwnersParts {
  readonly locks: Locks
  readonly tail: Tail
  readonly clock: Clock
  readonly origin: string
  readonly isHidden?: (() => boolean) | undefined
  /** Appends an entry of this one op. */
  readonly append: (op: Op) => Promise<Position>
  /** Told of every change of the role. */
  readonly onChange: (change: { readonly collection: string; readonly owner: boolean }) => void
  /** For errors of owners whose listener takes none. */
  readonly onError: (error: unknown) => void
}

export class SyncOwners {
  readonly #parts: SyncOwnersParts
  readonly #owners = new Set<SyncOwner>()
  #contenders = 0

  constructor(parts: SyncOwnersParts) {
    this.#parts = parts
  }

  /** Contends for a collection until the owner is stopped. */
  contend(collection: string, listener: OwnerListener): SyncOwner {
    const { append, onChange, onError, ...parts } = this.#parts
    const number = ++this.#contenders
    const owner = new SyncOwner({
      ...parts,
      // Two collection objects of one handle may contend for the same role.
      contender: number === 1 ? parts.origin : `${parts.origin} ${number}`,
      collection,
      claim: (collection) => append({ op: 'claim', collection }),
      ask: (collection, question) => append(questionOp(collection, question)),
      listener: {
        onOwner(claim) {
          try {
            listener.onOwner(claim)
          } finally {
            onChange({ collection, owner: true })
          }
        },
        onLost(reason) {
          try {
            listener.onLost(reason)
          } finally {
            onChange({ collection, owner: false })
          }
        },
        ...(listener.onUnclaimed && { onUnclaimed: (error) => listener.onUnclaimed?.(error) }),
        ...(listener.onAsked && { onAsked: (answer) => listener.onAsked?.(answer) }),
        onError: (error) => (listener.onError === undefined ? onError(error) : listener.onError(error)),
      },
    })
    this.#owners.add(owner)
    owner.stopped.then(() => this.#owners.delete(owner))
    return owner
  }

  /** The page is looked at, or not any more. */
  shown(): void {
    for (const owner of this.#owners) owner.shown()
  }

  hidden(): void {
    for (const owner of this.#owners) owner.hidden().catch(this.#parts.onError)
  }

  /** Gives up every role until resume(). */
  suspend(): void {
    for (const owner of this.#owners) owner.suspend()
  }

  resume(): void {
    for (const owner of this.#owners) owner.resume()
  }

  /** Gives up every role; resolves when the locks are free. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#owners, (owner) => owner.stop()))
  }
}

/** A listener may leave errors to the daybook's `error` event. */
export type OwnerListener = Omit<SyncOwnerListener, 'onError'> & Partial<Pick<SyncOwnerListener, 'onError'>>
