/**
 * The `trace` option of openDaybook: what the app is told of daybook's work as it goes on. docs/observability.md lists the
 * events. Those about the database come from the context that has it open (journal/meter.ts), the others from each handle.
 */

import type { JournalEvent } from '../journal/meter.js'
import type { DaybookEvents } from './events.js'

/** A transaction of this handle is in the log, or will not be. */
export interface AppendEvent {
  readonly type: 'append'
  /** `committed`: it is in the log, now or since it was sent before. `failed`: nothing of it is. */
  readonly outcome: 'committed' | 'failed'
  /** The seq of its entry, when it is committed. */
  readonly seq?: number
  /** Why not, when it is not. */
  readonly error?: unknown
  /** The collections it changes, in the order in which they come. */
  readonly collections: readonly string[]
  readonly ops: number
  /** The length of its body, in UTF-16 code units. */
  readonly size: number
  /** From the call to the answer, in ms: it waits for its batch and, in the browser, for the leader. */
  readonly duration: number
}

/**
 * Why the log was read. `gap`: entries came, and others before them had not. `write`: an entry of this handle had not come
 * back. `head`: only the position of the last entry came; by itself (with large entries, from a new leader), or because it was
 * asked for (every 5 s, when a page is shown again, when the first collection starts).
 */
export type CatchUpReason = 'gap' | 'write' | 'head'

/** Entries did not come by themselves, and the handle has read them. */
export interface CatchUpEvent {
  readonly type: 'catch-up'
  readonly reason: CatchUpReason
  /** How many entries that was; those that were trimmed count. */
  readonly entries: number
  /** In ms. */
  readonly duration: number
}

/**
 * Why a collection's rows were read again. `trimmed`: it was further behind than the log reaches back. `migration`: an older
 * app has written the first rows. `code`: the code for a value had to be loaded (in the browser). `given up`: what its
 * source had said was not kept, and another sync owner goes on.
 */
export type ReloadReason = 'trimmed' | 'migration' | 'code' | 'given up'

/** An open collection reads all its rows again. */
export interface ReloadEvent {
  readonly type: 'reload'
  readonly collection: string
  readonly reason: ReloadReason
}

/** What `daybook.on` tells, except errors and warnings, under the same name and with the same fields. */
export type ToldEvent = {
  [Name in keyof Omit<DaybookEvents, 'error' | 'warning'>]: { readonly type: Name } & DaybookEvents[Name]
}[keyof Omit<DaybookEvents, 'error' | 'warning'>]

/** What {@link DaybookOptions.trace} is told; `type` tells the events apart. */
export type TraceEvent = JournalEvent | AppendEvent | CatchUpEvent | ReloadEvent | ToldEvent

export type Trace = (event: TraceEvent) => void

/** A trace that harms nobody: it is called behind what goes on, and what it throws or rejects with goes to `onError`. */
export const harmless =
  (trace: Trace, onError: (error: unknown) => void): Trace =>
  (event) =>
    void Promise.resolve(event).then(trace).catch(onError)
