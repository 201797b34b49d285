/** Whether a live query shows what it would show over an eager collection in memory (B6). */

import { isDeepStrictEqual } from 'node:util'
import { LoadSubsetOperationAbortedError } from '@tanstack/db'
import type { LiveQuery } from './app.js'
import type { BorderBranches } from './branches.js'
import { must, sorted, text } from './checks.js'
import { kindOf, type Pair } from './queries.js'
import type { Reference } from './reference.js'

export interface QuerySurroundings {
  readonly reference: Reference
  /** The collections that it is over. */
  readonly pair: Pair
  /** Some of their rows are on disk and not in memory. */
  readonly hasUnloaded: boolean
  readonly branches: BorderBranches
}

/** `who`: whose live query it is.
 *
 * @throws BrokenPromise
 */
export async function checkLiveQuery(
  who: string,
  live: LiveQuery,
  { reference, pair, hasUnloaded, branches }: QuerySurroundings,
): Promise<void> {
  const overMemory = reference.queryLike(live)
  const fault = faultOf(who, live, overMemory)
  if (fault === undefined) return
  if (isGivenUpByCore(live)) {
    branches.reached('TanStack DB gave up a live query of its own')
    return
  }
  // A page that is wrong while rows are on disk only was loaded wrongly; any other query has only to be told of its rows.
  const isPage = kindOf(live.shape).ordered === true && hasUnloaded
  const isRight =
    live.query.status === 'ready' &&
    !isPage &&
    showTheSame(await reference.afresh(live, pair), overMemory, live)
  must(isRight, () => fault)
  branches.reached('a live query of TanStack DB lost track of its own rows')
}

/**
 * Whether core has ended it: a lazy join whose keys change while its first rows are loaded fails by core's own hand,
 * whoever the rows come from.
 */
function isGivenUpByCore({ query }: LiveQuery): boolean {
  const { lastSubsetError } = query.utils as { readonly lastSubsetError?: unknown }
  return query.status === 'error' && lastSubsetError instanceof LoadSubsetOperationAbortedError
}

function faultOf(who: string, live: LiveQuery, reference: LiveQuery['query']): string | undefined {
  const { name, ordered = false } = kindOf(live.shape)
  const what = `${who}: the live query "${name}" over ${live.shape.on} (p ${live.shape.p})`
  if (reference.status === 'error') return undefined
  if (live.query.status !== reference.status)
    return `${what} is ${live.query.status}, over memory it is ${reference.status}`
  const [ours, theirs] = [resultOf(live.query, ordered), resultOf(reference, ordered)]
  return isDeepStrictEqual(ours, theirs)
    ? undefined
    : `${what} shows ${text(ours)}, over memory ${text(theirs)}`
}

const showTheSame = (one: LiveQuery['query'], other: LiveQuery['query'], { shape }: LiveQuery): boolean =>
  isDeepStrictEqual(resultOf(one, kindOf(shape).ordered), resultOf(other, kindOf(shape).ordered))

function resultOf(query: LiveQuery['query'], ordered = false): unknown[] {
  const rows = (query.toArray as object[]).map(sorted)
  if (ordered) return rows
  return rows
    .map((row) => [text(row), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row)
}
