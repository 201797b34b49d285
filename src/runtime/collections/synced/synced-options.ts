/** The options of synced collections: those of any source, and what daybook adds. */

import type { SyncConfig } from '@tanstack/db'
import { InvalidOptionError } from '../../../errors.js'
import type { Key } from '../../../values/key.js'
import type { Persistence } from '../../daybook/persistence.js'
import { ALWAYS, Readiness } from '../readiness.js'

/** When the rows on disk may be shown. */
export interface ReadinessOptions {
  /**
   * `local` (default): a collection whose source was ready once is ready as soon as its rows are read, also offline.
   * `remote`: it is ready when its source is.
   */
  readiness?: 'local' | 'remote'
  /**
   * As in TanStack's own packages: the collection is ready when its source is, but a framework's suspense may render the
   * rows on disk when the source takes longer than `networkTimeoutMs` (default 3000) or fails. Implies
   * `readiness: 'remote'`.
   */
  initialRender?: { readonly strategy: 'network-first'; readonly networkTimeoutMs?: number }
}

/** Options that have a source: of queryCollectionOptions, electricCollectionOptions, or with a `sync` of one's own. */
export interface SourceOptions<T extends object, TKey extends Key> {
  id?: string
  getKey: (row: T) => TKey
  sync: SyncConfig<T, TKey>
  syncMode?: 'eager' | 'on-demand'
}

/** What a synced collection says to daybook, besides what its source says. */
export interface SyncedExtras extends ReadinessOptions {
  /** The name under which the rows are kept. Any text; it must stay the same from start to start. */
  id?: string
  /** The daybook that keeps the rows. */
  persistence: Persistence
  /**
   * Whose rows these are: any text, such as the id of the user or of the tenant. With another one, the rows that are kept
   * are never shown, and dropped when the source begins. Default for Query: its query key; for Electric: its shape; for
   * other sources there is none.
   */
  identity?: string
  /**
   * `true`: each session of the source begins with all its rows; those that it has not sent when it says that it is ready
   * were deleted upstream, and are deleted. `false`: it knows by itself what it has missed. Left out: nothing is deleted,
   * and a `warning` says so where the source neither resumes nor truncates. Only for collections that load eagerly.
   */
  snapshot?: boolean
}

/** What a source does with mutations. */
interface Handlers {
  onInsert?: (params: never) => unknown
  onUpdate?: (params: never) => unknown
  onDelete?: (params: never) => unknown
}

export type CheckedSource = SourceOptions<object, Key> & SyncedExtras & Handlers & { id: string }

/** @throws InvalidOptionError */
export function checkSource(id: string, { identity, snapshot, syncMode }: CheckedSource): void {
  const name = `Collection ${JSON.stringify(id)}`
  if (identity !== undefined && (typeof identity !== 'string' || identity === '')) {
    throw new InvalidOptionError('identity', `${name}: \`identity\` must be a text that is not empty.`)
  }
  if (snapshot !== undefined && typeof snapshot !== 'boolean') {
    throw new InvalidOptionError('snapshot', `${name}: \`snapshot\` must be true or false.`)
  }
  if (snapshot === true && syncMode === 'on-demand') {
    throw new InvalidOptionError(
      'snapshot',
      `${name}: \`snapshot: true\` says that the source sends all rows, which one with \`syncMode: 'on-demand'\` does not.`,
    )
  }
}

/** @throws InvalidOptionError */
export function checkReadiness(id: string, { readiness, initialRender }: ReadinessOptions): void {
  if (readiness !== undefined && readiness !== 'local' && readiness !== 'remote') {
    throw new InvalidOptionError(
      'readiness',
      `Collection ${JSON.stringify(id)}: \`readiness\` is 'local' (default) or 'remote'.`,
    )
  }
  if (initialRender === undefined) return
  const { strategy, networkTimeoutMs = DEFAULT_TIMEOUT } = initialRender
  const isTime = typeof networkTimeoutMs === 'number' && networkTimeoutMs >= 0 && networkTimeoutMs <= ALWAYS
  if (strategy !== 'network-first' || !isTime) {
    throw new InvalidOptionError(
      'initialRender',
      `Collection ${JSON.stringify(id)}: \`initialRender\` is { strategy: 'network-first', networkTimeoutMs: a number ` +
        'of milliseconds from 0 }.',
    )
  }
  if (readiness === 'local') {
    throw new InvalidOptionError(
      'initialRender',
      `Collection ${JSON.stringify(id)}: \`initialRender\` prefers the source, \`readiness: 'local'\` does not wait ` +
        'for it. Choose one.',
    )
  }
}

/** What TanStack uses when it is not told, in ms. */
const DEFAULT_TIMEOUT = 3000

export const isReadyLocally = ({ readiness, initialRender }: ReadinessOptions): boolean =>
  initialRender === undefined && readiness !== 'remote'

export function readinessOf(options: ReadinessOptions, now: () => number): Readiness {
  const { initialRender } = options
  if (initialRender !== undefined)
    return new Readiness(initialRender.networkTimeoutMs ?? DEFAULT_TIMEOUT, now)
  return new Readiness(isReadyLocally(options) ? 0 : ALWAYS, now)
}
