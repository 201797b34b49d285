/** Where an entry stands from left (0) to right (1): one beside the other, or by the clock. */

import type { EntryFacts } from '../../model.js'

export interface Scale {
  readonly placeOf: (index: number) => number
  readonly indexAt: (place: number) => number
}

export function bySeq(count: number): Scale {
  return {
    placeOf: (index) => (index + 0.5) / count,
    indexAt: (place) => clamp(Math.floor(place * count), count),
  }
}

/** By the writers' clocks. One that jumps back stands still here, so that the order of the log stays. */
export function byTime(entries: readonly EntryFacts[]): Scale {
  const times: number[] = []
  let latest = Number.NEGATIVE_INFINITY
  for (const [, , kind, , , committedAt] of entries) {
    if (kind !== 'damaged') latest = Math.max(latest, committedAt)
    times.push(latest)
  }
  const first = times.find(Number.isFinite) ?? 0
  const span = (times.at(-1) ?? 0) - first
  if (!(span > 0)) return bySeq(entries.length)
  const placeOf = (index: number) => 0.01 + 0.98 * Math.max(0, ((times[index] ?? first) - first) / span)
  return {
    placeOf,
    indexAt(place) {
      let [low, high] = [0, times.length - 1]
      while (low < high) {
        const middle = (low + high) >> 1
        if (placeOf(middle) < place) low = middle + 1
        else high = middle
      }
      // The nearer one of the two.
      return low > 0 && place - placeOf(low - 1) < placeOf(low) - place ? low - 1 : low
    },
  }
}

const clamp = (index: number, count: number): number => Math.max(0, Math.min(count - 1, index))
