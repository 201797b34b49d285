/**
 * Asks Electric's adapter whether a shape is the one of its options.
 *
 * What the shape is stays hidden in the adapter; it only compares it with the one in a resume token, at the start of its
 * run and before anything is requested. So it is run once with a token of ours and ended in the same turn: a token that it
 * does not accept is reset.
 */

import type { SyncConfig, SyncConfigRes } from '@tanstack/db'
import type { Key } from '../../../../values/key.js'
import type { SyncParams } from '../../core-state.js'
import { ELECTRIC_TOKEN } from './electric-token.js'

export interface Probed {
  /** The shape is that of the options. */
  readonly isSame: boolean
  /** It goes on only from all rows: every mode but on demand. */
  readonly needsAllRows: boolean
}

/**
 * @param source the adapter's config before it was bound to a collection: what runs for one is not disturbed
 * @throws what the adapter throws at its start
 */
export function probeShape(source: SyncConfig<object, Key>, shapeId: string): Probed {
  let isSame = true
  let needsAllRows = false
  const token = {
    kind: 'resume',
    offset: '0_0',
    handle: 'none',
    shapeId,
    updatedAt: 0,
    requiresTagState: false,
  }
  const nothing = (): void => undefined
  const params = {
    collection: { utils: {}, status: 'loading' },
    begin: nothing,
    write: nothing,
    commit: () => true,
    truncate: nothing,
    markReady: nothing,
    markError: nothing,
    metadata: {
      row: {
        scanPersisted: async () => [],
        whenHydrated: async () => {
          needsAllRows = true
        },
      },
      collection: {
        get: (name: string) => (name === ELECTRIC_TOKEN ? token : undefined),
        set: () => {
          isSame = false
        },
      },
    },
  }
  const run = source.sync(params as unknown as SyncParams<object, Key>) as SyncConfigRes
  run.cleanup?.()
  return { isSame, needsAllRows: needsAllRows && isSame }
}
