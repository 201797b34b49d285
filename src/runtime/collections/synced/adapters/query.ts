/**
 * The adapter for @tanstack/query-db-collection.
 *
 * Query notes with each row which of its queries own it, and takes a row away when none does any more. It keeps these
 * notes over a restart, and counts queries that nobody runs: their rows stay for ever. So its rows are a cache of what was
 * loaded, and the cache is kept here: Query runs as it does in memory, is told only of owners that are queries of
 * this session, and what its queries leave is on disk until an answer shows that it is gone.
 *
 * Query asks for what it keeps of a query under `queryCollection:gc:` when it starts to use the query, and when it stops.
 */

import type { Key } from '../../../../values/key.js'
import { identified } from '../identity.js'
import type { AdapterContext, Answer, SourceAdapter } from './adapter.js'
import { QUERY_NAMES, queryIdentity } from './query-identity.js'

interface RowMetadata {
  readonly queryCollection?: { readonly owners?: Readonly<Record<string, true>> }
}

export const queryAdapter = (context: AdapterContext): SourceAdapter =>
  context.onDemand ? new OnDemandQuery(context) : new EagerQuery(context)

abstract class Query {
  readonly persistence = null
  readonly deletesWhatIsGone = true
  readonly #context: AdapterContext
  /** It is in the middle of showing an answer. */
  #isApplying = false

  constructor(context: AdapterContext) {
    this.#context = context
  }

  takesAnswer(): Answer | undefined {
    const isApplying = this.#isApplying
    this.#isApplying = false
    if (!isApplying) return undefined
    return this.#context.onDemand ? 'a subset' : 'all rows'
  }

  async identify(stored: string | undefined): ReturnType<SourceAdapter['identify']> {
    const { identity, source, onDemand } = this.#context
    return identified(identity ?? (await queryIdentity(source, onDemand)), stored)
  }

  // Nothing waits for a query to be used again: what it left is on disk.
  list(prefix: string): [] | undefined {
    return prefix.startsWith(QUERY_NAMES) ? [] : undefined
  }

  set(name: string, value: unknown): boolean {
    if (!name.startsWith(QUERY_NAMES)) return false
    // Before it shows an answer, Query drops what it has kept of the query.
    if (value !== undefined) return true
    this.#isApplying = true
    this.applies(name.slice(QUERY_NAMES.length))
    return true
  }

  protected abstract applies(query: string): void
}

/** One query has all the rows: every row on disk is its own, so that what its answer lacks goes. */
class EagerQuery extends Query implements SourceAdapter {
  // It would take them for rows that it has written itself.
  readonly hidesSeeds = true
  readonly #hasRowsFromLog: AdapterContext['hasRowsFromLog']
  /** The query, once it is used. */
  #query: string | undefined
  #hasApplied = false
  /** Rows of which this session's source has said something. */
  readonly #written = new Set<Key>()

  constructor(context: AdapterContext) {
    super(context)
    this.#hasRowsFromLog = context.hasRowsFromLog
  }

  begin(): void {
    this.#query = undefined
    this.#hasApplied = false
    this.#written.clear()
  }

  wrote(key: Key): void {
    this.#written.add(key)
  }

  get(name: string): { readonly value: unknown } | undefined {
    if (!name.startsWith(QUERY_NAMES)) return undefined
    const queryHash = name.slice(QUERY_NAMES.length)
    this.#query = queryHash
    // Otherwise `initialData`, which may be less, would replace them before anything was fetched.
    const isKept = !this.#hasApplied && this.#hasRowsFromLog()
    return { value: isKept ? { queryHash, mode: 'until-revalidated' } : undefined }
  }

  rowMetadata(key: Key, known: unknown): unknown {
    if (this.#written.has(key) || this.#query === undefined) return known ?? {}
    return { ...(known as object | undefined), queryCollection: { owners: { [this.#query]: true } } }
  }

  keptMetadata(metadata: unknown): unknown {
    if (typeof metadata !== 'object' || metadata === null) return metadata
    const { queryCollection: _owner, ...others } = metadata as RowMetadata
    return Object.keys(others).length > 0 ? others : undefined
  }

  protected applies(): void {
    this.#hasApplied = true
  }
}

/** Each subset is a query. The owners on disk tell it what its answer before had. */
class OnDemandQuery extends Query implements SourceAdapter {
  /** Queries that are used, each with when it has shown an answer first. */
  readonly #queries = new Map<string, number | undefined>()
  /** When rows came from disk. */
  readonly #arrived = new Map<Key, number>()
  #time = 0

  begin(): void {
    this.#queries.clear()
    this.#arrived.clear()
  }

  wrote(key: Key): void {
    this.#arrived.delete(key)
  }

  arrived(key: Key): void {
    this.#arrived.set(key, ++this.#time)
  }

  get(name: string, isUnloading: boolean): { readonly value: unknown } | undefined {
    if (!name.startsWith(QUERY_NAMES)) return undefined
    const query = name.slice(QUERY_NAMES.length)
    if (isUnloading) this.#queries.delete(query)
    else if (!this.#queries.has(query)) this.#queries.set(query, undefined)
    return { value: undefined }
  }

  rowMetadata(key: Key, known: unknown): unknown {
    const owners = this.#owners(key, known)
    const { queryCollection: _all, ...others } = (known ?? {}) as RowMetadata
    if (owners.length === 0) return others
    return {
      ...others,
      queryCollection: { owners: Object.fromEntries(owners.map((owner) => [owner, true])) },
    }
  }

  isOwned(key: Key, metadata: unknown): boolean {
    return this.#owners(key, metadata).length > 0
  }

  protected applies(query: string): void {
    if (this.#queries.get(query) === undefined) this.#queries.set(query, ++this.#time)
  }

  /** Queries of this session that own the row. One whose answer was shown before the row came does not have it. */
  #owners(key: Key, metadata: unknown): string[] {
    const arrival = this.#arrived.get(key) ?? 0
    const { owners = {} } = (metadata as RowMetadata | undefined)?.queryCollection ?? {}
    return Object.keys(owners).filter(
      (owner) => this.#queries.has(owner) && arrival < (this.#queries.get(owner) ?? Number.POSITIVE_INFINITY),
    )
  }
}
