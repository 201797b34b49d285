/** Entries of the page by their names: the model has them as tuples. */

import type { EntryFacts, Timeline } from '../model.js'

export interface Shown {
  readonly seq: number
  readonly term: number
  readonly kind: EntryFacts[2]
  readonly origin: string
  readonly originSeq: number
  readonly committedAt: number
  readonly bytes: number
  readonly changes: EntryFacts[7]
  readonly damage: string | undefined
}

export function entryAt({ entries, origins }: Timeline, index: number): Shown {
  const [seq, term, kind, origin, originSeq, committedAt, bytes, changes, damage] = entries[
    index
  ] as EntryFacts
  return {
    seq,
    term,
    kind,
    origin: origins[origin] ?? '',
    originSeq,
    committedAt,
    bytes,
    changes,
    damage,
  }
}

export const positionOf = ({ term, seq, kind }: Pick<Shown, 'term' | 'seq' | 'kind'>): string =>
  kind === 'damaged' ? String(seq) : `${term}:${seq}`
