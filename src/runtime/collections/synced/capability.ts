/**
 * What persistence-aware sources ask of the wrapper around them: `metadata.persistence` of @tanstack/db 0.15 (protocol
 * version 1), and the two calls that Electric up to 0.4 looks for instead.
 *
 * Rows, their metadata and the resume token of one upstream transaction are one entry, and a source is entered when the
 * rows on disk are in memory. So the protocol's questions whether they fit together have one answer, unless something
 * could not be kept.
 */

import type { SyncPersistenceCapabilityV1 } from '@tanstack/db'
import { NotPersistedError } from '../../../errors.js'
import type { Key } from '../../../values/key.js'

export interface CapabilityParts {
  readonly id: string
  /** Brings all rows on disk into memory. */
  readonly hydrate: () => Promise<void>
  /** All rows, those that are not kept yet included. */
  readonly scan: () => Promise<ScannedRow[]>
  /** Resolves when everything committed is kept, or cannot be. */
  readonly settled: () => Promise<void>
  /** Why nothing is kept at present, if so. */
  readonly failure: () => unknown
}

interface ScannedRow {
  key: Key
  value: object
  metadata?: unknown
}

export function capabilityOf(parts: CapabilityParts): SyncPersistenceCapabilityV1<Key> {
  const { id, hydrate, scan, settled, failure } = parts
  return {
    protocol: '@tanstack/db/sync-persistence',
    version: 1,
    hydrateBaseline: hydrate,
    scanPersistedRows: () => scan(),
    // Transactions reach core at their commit, in order; there is no turn to wait for.
    reserveCommitTurn: () => undefined,
    resumeSnapshot: {
      certify: async () => {
        await settled()
        const cause = failure()
        if (cause !== undefined) throw new NotPersistedError(id, { cause })
      },
      getKeySetEvidence: () => ({ status: failure() === undefined ? 'consistent' : 'unknown' }),
      expectCurrentCommit: () => undefined,
    },
  }
}

/** For Electric 0.4: https://github.com/TanStack/db/blob/main/packages/electric-db-collection/src/electric.ts */
export const legacyCapability = ({ scan }: CapabilityParts): object => ({
  scanPersisted: () => scan(),
  // What it needs is in memory before it is started. While it waited, it would stamp answers with the place of later ones.
  whenHydrated: () => Promise.resolve(),
})
