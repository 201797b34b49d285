/** What a collection needs of the daybook that keeps it; `persistence: daybook` in the options. */

import type { Position } from '../errors.js'
import type { Requirement, Transaction } from '../log/entry.js'
import type { Op } from '../log/op.js'
import type { Clock } from './clock.js'
import type { LaterCode } from './code.js'
import type { Codec } from './codec.js'
import type { Mutation } from './collection/mutations.js'
import type { DaybookEvents } from './events.js'
import type { Journal } from './journal/journal.js'
import type { HandleCounters } from './journal/stats.js'
import type { SyncOwners, SyncOwnersParts } from './roles/sync-owners.js'
import type { Tail } from './tail.js'
import type { Trace } from './trace.js'

/** A TanStack transaction, or the part of one that is to be kept. */
export interface MutationsHolder {
  readonly mutations: readonly object[]
}

export interface Persistence {
  readonly journal: Journal
  /** Keeps all mutations of a transaction as one entry. */
  commit(transaction: MutationsHolder): Promise<Position>
  /** @internal */
  readonly tail: Tail
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly later: LaterCode
  /** @internal */
  readonly codec: Codec
  /** @internal */
  readonly trace: Trace | undefined
  /** @internal What the handle does is counted here. */
  readonly counters: { -readonly [Name in keyof HandleCounters]: number }
  /** @internal Lets others have a turn in the middle of long work; left out where nobody waits for one. */
  readonly breathe?: (() => Promise<void>) | undefined
  /** @internal Who this handle is in the log. */
  readonly origin: string
  /** @internal Work that was asked for: closing waits for it. Rejects when the daybook is closing already. */
  enter<T>(work: (commit: CommitMutations) => Promise<T>): Promise<T>
  /** @internal Appends ops that are encoded already, as one entry, if what it requires holds. Call it within `enter`. */
  send(parts: readonly string[], requires?: readonly Requirement[]): Sent
  /** @internal Appends an entry of this one op. Call it within `enter`. */
  submit(op: Op): Promise<Position>
  /**
   * @internal The sync owners of this handle's collections. The first synced collection makes them: an app without one does
   * not load their code.
   *
   * @throws ClosedError when the daybook is closing already
   */
  syncOwners(make: (parts: SyncOwnersParts) => SyncOwners): SyncOwners
  /** @internal For a failure that concerns no caller. */
  report(error: unknown): void
  /** @internal */
  emit<Name extends keyof DaybookEvents>(name: Name, event: DaybookEvents[Name]): void
}

/** A transaction on its way into the log. */
export interface Sent {
  readonly transaction: Transaction
  /** Resolves when it is kept. */
  readonly kept: Promise<Position>
}

/** Appends mutations as one entry; resolves when it is kept and applied. */
export type CommitMutations = (mutations: readonly Mutation[]) => Promise<Position>
