/** What the body of a checkpoint says, for whoever reads one. */

import type { Entry } from './entry.js'

/** What a checkpoint says; the one element of its body. */
export interface CheckpointBody {
  /** The checksum of the entry before the checkpoint. */
  readonly previous: string
  /** Each run as [origin, origin seq, seq, term, length]. */
  readonly origins: readonly (readonly [string, number, number, number, number])[]
  /** Each collection as [collection, claim, schema version, changed]; see controls.ts. */
  readonly controls: readonly (readonly [string, number, number, number])[]
  /**
   * Each collection with the number of its rows, about how many bytes they have, and a digest of them all; none of a large
   * table, which would take too long in the transaction that appends.
   */
  readonly rows: readonly (readonly [
    collection: string,
    rows: number,
    bytes: number,
    digest: string | null,
  ])[]
}

/** The checksum of the entry before a checkpoint, as its body says. */
export const previousOf = (entry: Entry): string | undefined => checkpointBody(entry)?.previous

/** What a checkpoint says; nothing of another entry. */
export function checkpointBody(entry: Entry): CheckpointBody | undefined {
  if (entry.kind !== 'checkpoint') return undefined
  try {
    const [body] = JSON.parse(entry.parts[0] as string) as [CheckpointBody]
    return body
  } catch {
    return undefined
  }
}
