/**
 * The metadata that a source keeps with its rows and its collection: what it staged in the open transaction, what it has
 * committed, and what the log says. Core shows the same only once its own transactions are applied, which it puts off
 * while a mutation persists; a source must read its own writes at once.
 */

import type { SyncMetadataApi } from '@tanstack/db'
import { InvalidOptionError } from '../../errors.js'
import { digest } from '../../log/checksum.js'
import type { Key } from '../../values/key.js'
import { encodeValue } from '../../values/value.js'

/** Names that daybook keeps for itself among a collection's metadata. */
const RESERVED = 'daybook:'

/** The collection was complete once: what is on disk can be shown without its source. */
export const COMPLETE = `${RESERVED}complete`

/** Begins the names under which subsets are noted that the source has answered once. */
const ANSWERED = `${RESERVED}answered:`

/** The name under which a subset is noted; nothing for one that cannot be written down. */
export function answeredName(subset: object): string | undefined {
  try {
    const { json, notes } = encodeValue(subset)
    return ANSWERED + digest(JSON.stringify([json, notes]))
  } catch {
    // A comparison function of the app's own.
    return undefined
  }
}

/** Begins the names under which contexts write what they need of the source. */
const WANTED = `${RESERVED}wanted`

/** The name under which a context writes that it needs a subset; without arguments, what all such names begin with. */
export const wantedName = (by = '', answered = ''): string =>
  by === '' ? `${WANTED}:` : `${WANTED}:${by}:${answered}`

/** Who needs what, if this is the name of a wanted subset. `digest` is the name under which it is answered. */
export function wantedOf(name: string): { by: string; digest: string } | undefined {
  if (!name.startsWith(wantedName())) return undefined
  const at = name.indexOf(':', wantedName().length)
  return { by: name.slice(wantedName().length, at), digest: name.slice(at + 1) }
}

export class CollectionMetadata {
  readonly #values = new Map<string, unknown>()

  get(name: string): unknown {
    return this.#values.get(name)
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
