/**
 * Bodies of entries, newest first and unchecked: a quick way to find the entries that touch something. Whoever takes
 * anything from one reads it again, checked (`scan.ts`).
 */

import { all, type Program } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import type { Entry, EntryKind } from './entry.js'
import { partsOf } from './parts.js'
import { log } from './tables.js'

const bodiesBelow = statement<[below: number, after: number, limit: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'kind', 'parts', 'body'])
    .where('seq', '<', parameter<number>())
    .where('seq', '>', parameter<number>())
    .orderBy('seq', 'desc')
    .limit(parameter<number>()),
)

export interface Body extends Pick<Entry, 'kind' | 'parts'> {
  readonly seq: number
}

/** At most `limit` of the bodies below a seq and after another one, newest first. */
export function* bodiesBackwards(below: number, after: number, limit: number): Program<Body[]> {
  const bodies: Body[] = []
  for (const { seq, kind, parts, body } of yield* all(bodiesBelow, below, after, limit)) {
    const further = parts === 1 ? [] : yield* all(partsOf, seq)
    bodies.push({
      seq,
      kind: kind as EntryKind,
      parts: [body, ...further.map((part) => part.body)].map(String),
    })
  }
  return bodies
}
