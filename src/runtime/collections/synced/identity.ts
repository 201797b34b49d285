/**
 * Whose rows a synced collection has (B8): those of one source, such as one user's query or one shape of a table. Under the
 * same id, the rows of another source are never shown; they are dropped in the entry that begins the new one.
 */

import { IDENTITY } from '../metadata.js'

/** What a source is told apart by; nothing for one that cannot be. */
export type Identity = string | undefined

export interface Identified {
  /** The identity of the source in the options, as far as it is known before it runs. */
  readonly identity: Identity
  /** It is that of the rows on disk. */
  readonly isSame: boolean
}

/** The source is who the app says, or nobody in particular. */
export const identified = (identity: Identity, stored: Identity): Identified => ({
  identity,
  isSame: identity === stored,
})

/** Of which source the rows are; `unknown` where no session has said so. */
export function storedIdentity(names: ReadonlyMap<string, unknown>): Identity | 'unknown' {
  if (!names.has(IDENTITY)) return 'unknown'
  const value = names.get(IDENTITY)
  return typeof value === 'string' ? value : undefined
}
