/** The events of a daybook. */

import type { Salvaged } from '../quarantine/salvage/report.js'

/** What listeners of each event are given. */
export interface DaybookEvents {
  /** A failure that concerns no caller: background posting, an unreadable row, the watch on the file. */
  error: unknown
  /**
   * A synced collection cannot be kept at present, or can again. Its rows stay live in memory meanwhile. Where nobody
   * listens, the failure is an `error`.
   */
  storage: StorageEvent
  /** The source of a synced collection failed or works again, while the rows that were kept are shown. */
  source: SourceEvent
  /**
   * A synced collection was emptied, rows and metadata, because its rows were of an older schema version and the app does
   * not migrate them. Its source sends them again.
   */
  reset: ResetEvent
  /** Something the user should know that does not keep daybook from working, such as a SQLite build with a known bug. */
  warning: string
  /** In the browser: another context leads (has the database open), or this one. `daybook.status` is the same. */
  leader: LeaderEvent
  /**
   * In the browser: the database that this page knew is gone, and another one is in its place. The browser has cleared it
   * (it was short of space), or the user has.
   */
  evicted: { readonly before: string; readonly now: string }
  /**
   * The file was damaged, and `onCorruption: 'quarantine'` has dealt with it: what was done, and what was lost. Where nobody
   * listens it is a `warning`.
   */
  damage: DamageEvent
  /**
   * The database is gone, and this handle with it: destroy() was called, `here` or in another context, or another database was
   * put in its place. Its collections are in `error`, and every call rejects with DestroyedError.
   */
  destroyed: DestroyedEvent
  /** This context has become the sync owner of a collection, or is no longer: it runs the upstream sync, or does not. */
  sync: { readonly collection: string; readonly owner: boolean }
}

export type DamageEvent =
  /** Row tables were made anew from the log, which is whole. Nothing was lost. */
  | {
      readonly action: 'rebuilt'
      readonly error: unknown
      /** What was damaged and what was done about it, for people. */
      readonly message: string
    }
  /** The file was set aside; what could be read of it is the new one. */
  | {
      readonly action: 'quarantined'
      readonly error: unknown
      /** What was damaged and what was done about it, for people. */
      readonly message: string
      /** Where the damaged file is now; in the browser the folder of the origin private file system. */
      readonly file: string
      /** What was kept and what was not; nothing where not even the tables could be read. */
      readonly salvaged: Salvaged | undefined
    }

export interface LeaderEvent {
  /** `opening` until somebody answers. `leader`: this page's worker has the database. */
  readonly role: 'opening' | 'leader' | 'follower'
  /** The context that leads. */
  readonly leader: string | undefined
  /** `memory`: nothing is kept beyond this page. */
  readonly storage: 'opfs' | 'memory'
}

export interface DestroyedEvent {
  /** Whether it was this handle that was told to. */
  readonly here: boolean
}

export type StorageEvent =
  | { readonly collection: string; readonly status: 'failing'; readonly error: unknown }
  | { readonly collection: string; readonly status: 'recovered' }

export type SourceEvent =
  | { readonly collection: string; readonly status: 'failing'; readonly error: unknown }
  | { readonly collection: string; readonly status: 'recovered' }

export interface ResetEvent {
  readonly collection: string
  /** The schema version that its rows had. */
  readonly from: number
  /** The schema version that it has now. */
  readonly to: number
}
