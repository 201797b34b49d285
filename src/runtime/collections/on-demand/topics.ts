/** What contexts say to each other about the subsets of a collection: what one wants, and what its sync owner answers. */

import type { Subset } from '../../../materializer/subset/subset.js'
import type { Json, Note } from '../../../values/value.js'
import type { Codec } from '../../daybook/codec.js'

/** A context wants a subset from the source; asked again with another number. */
export interface Want {
  readonly subset: Subset
  readonly ask: number
}

/** The sync owner's answer: the rows are in the log up to `seq`, or the source failed. */
export type Reply = { readonly ask: number } & ({ readonly seq: number } | { readonly failed: string })

/** Begins the topics of all that is wanted of a collection. */
export const wants = (collection: string): string => `want ${JSON.stringify(collection)} `

/** The topic under which a context wants the subset of this digest. */
export const wantOf = (collection: string, digest: string): string => wants(collection) + digest

/** The topic under which the owner answers a context; without digest, what begins all answers to it. */
export const replyTo = (collection: string, origin: string, digest = ''): string =>
  `reply ${JSON.stringify(collection)} ${origin} ${digest}`

export function wantText({ subset, ask }: Want, codec: Codec): string {
  const { json, notes } = codec.encode(subset)
  return JSON.stringify([ask, json, notes ?? null])
}

/** @throws when it is none: another version wrote it */
export function wantFrom(text: string, codec: Codec): Want {
  const [ask, json, notes] = JSON.parse(text) as [number, Json, Note[] | null]
  return { ask, subset: codec.decode(json, notes) as Subset }
}
