/** Finds the entries that the search asks for. */

import { encodeKey } from '../../../values/key.js'
import type { Timeline } from '../model.js'
import { parseQuery, type Term } from '../search-terms.js'
import { entryAt, positionOf } from './entries.js'

/** Which entries have everything that is asked for; `undefined` where nothing is. */
export function matching(timeline: Timeline, text: string): Set<number> | undefined {
  const terms = parseQuery(text)
  if (terms.length === 0) return undefined
  const found = new Set<number>()
  for (let index = 0; index < timeline.entries.length; index++) {
    if (terms.every((term) => has(timeline, index, term))) found.add(index)
  }
  return found
}

function has(timeline: Timeline, index: number, { field, value }: Term): boolean {
  const entry = entryAt(timeline, index)
  const ids = entry.changes.map(([collection]) => timeline.collections[collection] ?? '')
  const lower = value.toLowerCase()
  switch (field) {
    case 'collection':
      return ids.includes(value)
    case 'kind':
      return entry.kind === value
    case 'origin':
      return entry.origin.startsWith(value)
    case 'key':
      return keysOf(timeline, index).some((key) => String(key) === value || encodeKey(key) === value)
    case undefined:
      return (
        [positionOf(entry), String(entry.seq), `${entry.origin}:${entry.originSeq}`, entry.kind, ...ids].some(
          (each) => each.toLowerCase().includes(lower),
        ) || keysOf(timeline, index).some((key) => String(key).toLowerCase().includes(lower))
      )
  }
}

function keysOf({ entries, ops }: Timeline, index: number): (string | number)[] {
  const keys: (string | number)[] = []
  for (const op of ops[index - (entries.length - ops.length)] ?? []) {
    if (op[0] === 'put' || op[0] === 'patch' || op[0] === 'delete' || op[0] === 'meta') keys.push(op[2])
  }
  return keys
}
