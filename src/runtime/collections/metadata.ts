/**
 * The metadata that a source keeps with its rows and its collection: what it staged in the open transaction, what it has
 * committed, and what the log says. Core shows the same only once its own transactions are applied, which it puts off
 * while a mutation persists; a source must read its own writes at once.
 */

import type { SyncMetadataApi } from '@tanstack/db'
import { InvalidOptionError } from '../../errors.js'
import type { Key } from '../../values/key.js'

/** Begins the names that daybook keeps for itself among a collection's metadata. */
export const RESERVED = 'daybook:'

/** The collection was complete once: what is on disk can be shown without its source. */
export const COMPLETE = `${RESERVED}complete`

/** Which source the rows are of: a text, or null for one that has no identity. A collection without it is local-only. */
export const IDENTITY = `${RESERVED}identity`

/** Begins the names under which subsets are noted that the source has answered once. */
export const ANSWERED = `${RESERVED}answered:`

export class CollectionMetadata {
  readonly #values = new Map<string, unknown>()

  get(name: string): unknown {
    return this.#values.get(name)
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  set(name: string, value: unknown): void {
    if (value === undefined) this.#values.delete(name)
    else this.#values.set(name, value)
  }

  clear(): void {
    this.#values.clear()
  }

  /** All names that begin like this, daybook's own among them. */
  names(prefix: string): string[] {
    return Array.from(this.#values.keys()).filter((name) => name.startsWith(prefix))
  }

  /** What a source sees: not what daybook keeps for itself. */
  list(prefix = ''): { key: string; value: unknown }[] {
    return Array.from(this.#values, ([key, value]) => ({ key, value })).filter(
      ({ key }) => key.startsWith(prefix) && !key.startsWith(RESERVED),
    )
  }
}

/** @throws InvalidOptionError when a source uses a name that daybook keeps for itself */
export function checkName(collection: string, name: string): void {
  if (!name.startsWith(RESERVED)) return
  throw new InvalidOptionError(
    'metadata',
    `The source of collection ${JSON.stringify(collection)} uses the metadata name ${JSON.stringify(name)}; names ` +
      `that begin with ${JSON.stringify(RESERVED)} are daybook's own.`,
  )
}

export type SourceMetadata<TKey extends Key> = SyncMetadataApi<TKey>
