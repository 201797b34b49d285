/** Every figure of the benchmark in one table: what it is measured against, in which unit, and the goal for the ratio. */

/** A bound for ours / theirs. Rates have an `atLeast`, times and sizes an `atMost`. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number }

export type Unit = '/s' | 'ms' | 'µs' | 'bytes' | 'events'

export interface Figure {
  readonly unit: Unit
  /** What `theirs` is. */
  readonly against: string
  /** `undefined`: reported only, it explains another figure. */
  readonly goal?: Goal
}

const PEER = '@tanstack/node-db-sqlite-persistence'
const BROWSER_PEER = '@tanstack/browser-db-sqlite-persistence'
const BARE = 'bare INSERT on the same driver, looped in its worker'
const BARE_ASKED = 'the same INSERT, each asked for by the page'
const BEFORE = 'the same appends just before the compaction'

export const FIGURES = {
  append: { unit: '/s', against: 'bare INSERT, a transaction each', goal: { atLeast: 0.6 } },
  'append-concurrent': { unit: '/s', against: 'bare INSERT, a transaction each', goal: { atLeast: 1.5 } },
  insert: { unit: '/s', against: PEER, goal: { atLeast: 4 } },
  'insert-closed': { unit: '/s', against: `${PEER}, until the file is closed` },
  'insert-memory': { unit: '/s', against: 'localOnlyCollectionOptions (memory only)' },
  'transaction-80k': { unit: '/s', against: PEER, goal: { atLeast: 2 } },
  'transaction-80k-closed': { unit: '/s', against: `${PEER}, until the file is closed` },
  'transaction-80k-memory': { unit: '/s', against: 'localOnlyCollectionOptions (memory only)' },
  'hydrate-100k': {
    unit: 'ms',
    against: 'SELECT, JSON.parse, custom sync (memory only)',
    goal: { atMost: 1.25 },
  },
  'hydrate-100k-peer': { unit: 'ms', against: PEER },
  'append-at-1m': { unit: 'µs', against: 'the same at 1,000 entries', goal: { atMost: 1.3 } },
  'open-at-1m': { unit: 'ms', against: 'the same at 1,000 entries', goal: { atMost: 2 } },
  'first-sync-50k': { unit: 'ms', against: 'the same sync without persistence', goal: { atMost: 1.3 } },
  'first-sync-50k-kept': { unit: 'ms', against: 'the same; until everything is in the log' },
  'resume-written': {
    unit: 'bytes',
    against: 'the same restart with 20 rows instead of 20,000',
    goal: { atMost: 1.1 },
  },
  'catch-up-129': {
    unit: 'events',
    against: 'rows in the transaction (the peer: every row of the collection)',
    goal: { atMost: 1 },
  },
  'subset-1m': {
    unit: 'ms',
    against: 'a bare prepared SELECT by an indexed column, parsed',
    goal: { atMost: 3 },
  },
  'file-size': { unit: 'bytes', against: `${PEER}, a row` },
  'file-size-same-log': { unit: 'bytes', against: `${PEER}, a row; 1,000 transactions kept by both` },
  'bytes-written-per-update': { unit: 'bytes', against: `${PEER}, an update`, goal: { atMost: 1 } },
  'bytes-written-per-update-sparse': { unit: 'bytes', against: `${PEER}, an update; each posted alone` },
  compact: { unit: '/s', against: BEFORE, goal: { atLeast: 0.5 } },
  'compact-longest': { unit: 'ms', against: '50 ms', goal: { atMost: 1 } },
  'compact-longest-before': { unit: 'ms', against: BEFORE },
  'compact-p50': { unit: 'ms', against: BEFORE },
  'compact-p99': { unit: 'ms', against: BEFORE },
  'compact-elsewhere': { unit: '/s', against: BEFORE, goal: { atLeast: 0.5 } },
  'compact-elsewhere-longest': { unit: 'ms', against: '50 ms', goal: { atMost: 1 } },
  'compact-elsewhere-longest-before': { unit: 'ms', against: BEFORE },
  'compact-elsewhere-p50': { unit: 'ms', against: BEFORE },
  'compact-elsewhere-p99': { unit: 'ms', against: BEFORE },
  'browser-append': {
    unit: '/s',
    against: BARE,
    goal: { atLeast: 0.6 },
  },
  'browser-append-asked': { unit: '/s', against: BARE_ASKED },
  'browser-insert': { unit: '/s', against: BROWSER_PEER, goal: { atLeast: 3 } },
  'browser-insert-bare': { unit: '/s', against: BARE },
  'browser-insert-bare-asked': { unit: '/s', against: BARE_ASKED },
  'browser-follower': { unit: 'ms', against: 'the leader’s own insert', goal: { atMost: 3 } },
  'browser-hydrate-10k': { unit: 'ms', against: BROWSER_PEER, goal: { atMost: 1 } },
  'browser-failover': { unit: 'ms', against: '300 ms, from the kill on', goal: { atMost: 1 } },
} as const satisfies Record<string, Figure>

export type FigureName = keyof typeof FIGURES

/** Whether a ratio reaches a goal. */
export const holds = (ratio: number, goal: Goal): boolean =>
  'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost

/** A goal as people read it. */
export const goalText = (goal: Goal): string =>
  'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`
