/**
 * A source of the machine: gets the rows of a server over a network that takes time, in the ways that sources do, and
 * remembers what it has said, so that the log can be held to it.
 */

import type { LoadSubsetOptions, SyncConfig } from '@tanstack/db'
import type { Seen } from '../../materializer/subset/exact.js'
import { subsetDigest } from '../../runtime/collections/on-demand/subset-digest.js'
import { SubsetRequest } from '../../runtime/collections/on-demand/subset-request.js'
import type { Key } from '../../values/key.js'
import type { BorderBranches } from './branches.js'
import type { On, SourceEvent, SourceShape } from './program.js'
import { type BorderServer, changedFields, type ServerChange } from './server.js'
import type { MachineSource } from './tested.js'
import type { Row } from './values.js'

type Params = Parameters<SyncConfig<Row, Key>['sync']>[0]

/** How long a message takes, in ms. */
const LATENCY = 8
/** How long to wait before the server is tried again, in ms. */
const AGAIN = 400
/** How long a mutation waits for what the server made of it, in ms. */
const PATIENCE = 5000
const CURSOR = 'cursor'

/** What sources have said of a collection: that it is complete, or that a subset is answered, at a version of the server. */
export class SourceRecord {
  /** What the collection had each time that it was said to be complete. */
  readonly complete: Said[] = []
  /** What the subset of a digest had each time that it was answered. */
  readonly answered = new Map<string, Said[]>()
}

/** All keys that there were. */
export interface Said {
  readonly version: number
  readonly keys: readonly Key[]
}

export interface SourceParts {
  readonly on: On
  readonly server: BorderServer
  readonly shape: SourceShape
  readonly onDemand: boolean
  readonly branches: BorderBranches
  readonly record: SourceRecord
}

export class BorderSource implements MachineSource {
  readonly #parts: SourceParts
  #session: Session | undefined
  /** What every session is to do next. */
  readonly sync: SyncConfig<Row, Key>

  constructor(parts: SourceParts) {
    this.#parts = parts
    this.sync = {
      rowUpdateMode: parts.shape.updates,
      sync: (params) => {
        const session = new Session(this.#parts, params)
        this.#session = session
        session.begin()
        return {
          cleanup: () => {
            session.end()
            if (this.#session === session) this.#session = undefined
          },
          ...(parts.onDemand && {
            loadSubset: (request: LoadSubsetOptions) => session.loadSubset(request),
            unloadSubset: (request: LoadSubsetOptions) => session.unloadSubset(request),
          }),
        }
      },
    }
  }

  /** The source runs in this context, and nothing of what the server has is still to be told. */
  get isUpToDate(): boolean {
    return this.#session === undefined || this.#session.isUpToDate
  }

  get isRunning(): boolean {
    return this.#session !== undefined
  }

  tell(what: SourceEvent): void {
    this.#session?.tell(what)
  }

  /** Resolves when the source has told the collection of a version. */
  async seen(version: number): Promise<void> {
    for (let waited = 0; (this.#session?.seen ?? 0) < version; waited += LATENCY) {
      if (waited > PATIENCE) throw new Error('the server does not answer')
      await new Promise((resolve) => setTimeout(resolve, LATENCY))
    }
  }
}

class Session {
  readonly #parts: SourceParts
  readonly #params: Params
  readonly #requests = new Map<LoadSubsetOptions, SubsetRequest>()
  /** The version up to which the collection was told. */
  seen = 0
  #isConnected = false
  #isOver = false
  #isPulling = false
  /** Subsets that it is asked for and has not answered. */
  #asked = 0
  /** It has begun a transaction that it commits later. */
  #isInTransaction = false
  /** Counts how often everything was sent. */
  #sendings = 0
  #isReady = false
  /** It went on from a token. */
  #hasResumed = false
  /** Commits once more inside of the next commit. */
  #nests = false
  /** Rows that the collection was told of. */
  readonly #told = new Map<Key, Row>()
  #unlisten: () => void = () => undefined

  constructor(parts: SourceParts, params: Params) {
    this.#parts = parts
    this.#params = params
  }

  get isUpToDate(): boolean {
    const { server } = this.#parts
    const isIdle = this.#isConnected && !this.#isPulling && this.#asked === 0
    return server.isAway || (isIdle && this.seen === server.version)
  }

  begin(): void {
    const { onDemand, shape } = this.#parts
    // Some are ready before they have heard of their server.
    if (onDemand && shape.commits === 1) this.#ready()
    this.#connect()
  }

  end(): void {
    this.#isOver = true
    this.#unlisten()
  }

  tell(what: SourceEvent): void {
    if (!this.#isConnected || this.#isOver || this.#isInTransaction) return
    const { onDemand, branches } = this.#parts
    if (what === 'nested') this.#nests = true
    else if (what === 'metadata') this.#params.metadata?.collection.set('note', this.seen)
    else if (what === 'truncate first') {
      branches.reached('a source truncated')
      if (onDemand) this.#truncate()
      else this.#sendAll(true)
    } else if (what === 'snapshot' && !onDemand) this.#sendAll(false)
  }

  async loadSubset(options: LoadSubsetOptions): Promise<void> {
    this.#asked++
    await this.#answer(options).finally(() => this.#asked--)
  }

  async #answer(options: LoadSubsetOptions): Promise<void> {
    const { server, shape } = this.#parts
    const request = new SubsetRequest(options)
    this.#requests.set(options, request)
    for (;;) {
      await this.#later()
      if (this.#isOver || options.signal?.aborted === true) return
      if (!server.isAway) break
      if (shape.updates === 'full') throw new Error('the server cannot be reached')
      await new Promise((resolve) => setTimeout(resolve, AGAIN))
    }
    const rows = server.rowsOf(options)
    this.#commit(() => {
      for (const row of rows) this.#write(row)
    })
    const digest = subsetDigest(request.subset)
    if (digest === undefined) return
    const { answered } = this.#parts.record
    const said = { version: server.version, keys: rows.map(({ id }) => id) }
    answered.set(digest, [...(answered.get(digest) ?? []), said])
  }

  unloadSubset(options: LoadSubsetOptions): void {
    this.#requests.delete(options)
  }

  #later(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, LATENCY))
  }

  #connect(): void {
    const { server } = this.#parts
    setTimeout(() => {
      if (this.#isOver) return
      if (server.isAway) {
        setTimeout(() => this.#connect(), AGAIN)
        return
      }
      if (server.failures > 0) {
        server.failures--
        this.#params.markError(new Error('the server fails'))
        setTimeout(() => this.#connect(), AGAIN)
        return
      }
      this.#start()
    }, LATENCY)
  }

  #start(): void {
    const { server, shape, branches, onDemand } = this.#parts
    const { collection, metadata } = this.#params
    this.#isConnected = true
    const token = metadata?.collection.get(CURSOR)
    if (collection.size > 0) branches.reached('a source began with rows on disk')
    const since = shape.resumes === 'token' && typeof token === 'number' ? this.#news(token) : undefined
    if (since !== undefined) {
      branches.reached('a source went on from its token')
      this.#hasResumed = true
      this.seen = token as number
      this.#take(since)
      this.#ready()
    } else if (onDemand) {
      if (shape.resumes !== 'snapshot' || token !== undefined) this.#truncate()
      this.seen = server.version
      this.#ready()
    } else this.#sendAll(shape.resumes !== 'snapshot')
    this.#unlisten = server.listen(() => this.#pull())
    this.#pull()
  }

  /** Everything, in as many commits as it takes. */
  #sendAll(truncates: boolean): void {
    const { server, shape, branches } = this.#parts
    const { truncate, collection } = this.#params
    const rows = [...server.rows.values()]
    const isUntold = ([key]: readonly [Key, unknown]): boolean =>
      !this.#told.has(key) && !server.rows.has(key)
    if (!truncates && [...collection._state.acceptedSyncedEntries()].some(isUntold))
      branches.reached('rows that a source had not sent again were deleted')
    const version = server.version
    const sending = ++this.#sendings
    const half = shape.commits === 1 ? rows.length : Math.ceil(rows.length / 2)
    this.#isPulling = true
    // After a token, the rows of earlier sessions are its own as well.
    const known = this.#hasResumed
      ? Array.from(collection._state.acceptedSyncedEntries(), ([key]) => key)
      : this.#told.keys()
    const gone = truncates ? [] : [...known].filter((key) => !server.rows.has(key))
    this.#commit(() => {
      if (truncates) {
        truncate({ markReady: false })
        this.#told.clear()
        // It cannot go on from where it was while a part of the rows is there.
        this.#params.metadata?.collection.delete(CURSOR)
      }
      for (const row of rows.slice(0, half)) this.#write(row)
      for (const key of gone) this.#delete(key)
      if (half === rows.length) this.#keepCursor(version)
    })
    const finish = (): void => {
      // What is sent again meanwhile counts.
      if (this.#isOver || this.#sendings !== sending) return
      if (half < rows.length)
        this.#commit(() => {
          for (const row of rows.slice(half)) this.#write(row)
          this.#keepCursor(version)
        })
      this.seen = Math.max(this.seen, version)
      this.#isPulling = false
      this.#ready()
      this.#pull()
    }
    if (half === rows.length) finish()
    else setTimeout(finish, LATENCY)
  }

  #truncate(): void {
    const { server } = this.#parts
    this.#commit(() => {
      this.#params.truncate({ markReady: false })
      this.#told.clear()
      this.seen = server.version
      this.#keepCursor(server.version)
    })
  }

  #pull(): void {
    const { server } = this.#parts
    if (this.#isPulling || this.#isOver || !this.#isConnected) return
    if (this.seen >= server.version) return
    this.#isPulling = true
    const sendings = this.#sendings
    setTimeout(() => {
      // Whoever sends everything goes on from there.
      if (this.#isOver || this.#sendings !== sendings) return
      this.#isPulling = false
      if (server.isAway) {
        setTimeout(() => this.#pull(), AGAIN)
        return
      }
      const changes = this.#news(this.seen)
      if (changes === undefined) this.#parts.onDemand ? this.#truncate() : this.#sendAll(true)
      else this.#take(changes)
      this.#pull()
    }, LATENCY)
  }

  /** Some streams have every change of a row, others the last one. */
  #news(version: number): ServerChange[] | undefined {
    const { server, shape } = this.#parts
    return shape.commits === 1 ? server.since(version) : server.eachSince(version)
  }

  #take(changes: readonly ServerChange[]): void {
    const { server, shape, onDemand, branches } = this.#parts
    const isWanted = ({ key, row }: ServerChange): boolean =>
      !onDemand ||
      shape.pushes === 'everything' ||
      this.#told.has(key) ||
      (row !== undefined && this.#isAskedFor(row))
    const version = server.version
    const [first, ...others] = changes.filter(isWanted)
    const finish = (left: readonly ServerChange[]): void => {
      for (const change of left) this.#takeOne(change)
      this.#keepCursor(version)
      this.seen = version
    }
    if (first === undefined || shape.commits === 1 || onDemand || !this.#isReady) {
      this.#commit(() => finish(first === undefined ? [] : [first, ...others]))
      if (!onDemand && this.#isReady) this.#recordComplete()
      return
    }
    // What it has begun it commits when the rest has come.
    branches.reached('a source took its time between begin and commit')
    this.#isPulling = true
    this.#isInTransaction = true
    this.#params.begin()
    this.#takeOne(first)
    setTimeout(() => {
      if (this.#isOver) return
      finish(others)
      this.#params.commit()
      this.#isPulling = false
      this.#isInTransaction = false
      this.#recordComplete()
      this.#pull()
    }, LATENCY)
  }

  #takeOne({ key, row }: ServerChange): void {
    if (row === undefined) this.#delete(key)
    else this.#change(row)
  }

  /** One transaction, and another one inside of it when it was told so. */
  #commit(work: () => void): void {
    const { begin, commit, collection } = this.#params
    begin()
    work()
    if (!this.#nests) {
      commit()
      return
    }
    this.#nests = false
    let isOver = false
    const subscription = collection.subscribeChanges(() => {
      if (isOver) return
      isOver = true
      this.#commitInside()
    })
    commit()
    subscription.unsubscribe()
  }

  #commitInside(): void {
    const { server, branches } = this.#parts
    const [key] = this.#told.keys()
    if (key === undefined || !server.rows.has(key) || this.seen !== server.version) return
    const [change] = server.apply([{ kind: 'update', key, fields: { tag: 'y' } }])
    if (change?.row === undefined) return
    branches.reached('a source committed inside another commit')
    this.#commit(() => {
      this.#change(change.row as Row)
      // While a part of the rows is there it cannot go on from here.
      if (!this.#isPulling) this.#keepCursor(change.version)
      this.seen = change.version
    })
  }

  #keepCursor(version: number): void {
    if (this.#parts.shape.resumes === 'token') this.#params.metadata?.collection.set(CURSOR, version)
  }

  /** A row as it is, whether the collection knows it or not. */
  #write(row: Row): void {
    if (this.#told.has(row.id)) {
      this.#change(row)
      return
    }
    this.#params.write({ type: 'insert', value: { ...row } })
    this.#toldOf(row)
  }

  /** A row that has changed: whole, or the fields that did. */
  #change(row: Row): void {
    const { shape, branches, onDemand } = this.#parts
    const { write, collection } = this.#params
    const known =
      this.#told.get(row.id) ?? (collection._state.getAcceptedSyncedRow(row.id) as Row | undefined)
    // A stream of changes has them of every row, whether the collection has loaded it or not.
    const before = known ?? (onDemand ? this.#parts.server.rowAt(row.id, this.seen) : undefined)
    const fields = before && changedFields(before, row)
    if (shape.updates === 'partial' && fields !== undefined) {
      if (known === undefined) branches.reached('a source updated a row that was not in memory')
      write({ type: 'update', value: fields as unknown as Row })
      if (known === undefined) return
    } else if (before === undefined) write({ type: 'insert', value: { ...row } })
    else if (shape.updates === 'full') write({ type: 'update', value: { ...row } })
    else {
      // Fields that went, no update of fields can say.
      write({ type: 'delete', key: row.id })
      write({ type: 'insert', value: { ...row } })
    }
    this.#toldOf(row)
  }

  #toldOf(row: Row): void {
    if (this.#parts.shape.metadata) this.#params.metadata?.row.set(row.id, { v: row.v })
    this.#told.set(row.id, row)
  }

  #delete(key: Key): void {
    this.#params.write({ type: 'delete', key })
    this.#told.delete(key)
  }

  #ready(): void {
    this.#isReady = true
    this.#params.markReady()
    if (!this.#parts.onDemand) this.#recordComplete()
  }

  #recordComplete(): void {
    const { server, record } = this.#parts
    record.complete.push({ version: this.seen, keys: [...server.rows.keys()] })
  }

  #isAskedFor(row: Row): boolean {
    return [...this.#requests.values()].some((request) => request.has({ ...row, $key: row.id } as Seen))
  }
}
