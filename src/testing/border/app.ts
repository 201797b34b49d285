/** One app in one context: a handle, its two collections, its live queries, and what its handlers do. */

import {
  BTreeIndex,
  type Collection,
  collectionOptions,
  createCollection,
  createLiveQueryCollection,
  createPacedMutations,
  createTransaction,
  DbClient,
  debounceStrategy,
  getActiveTransaction,
  type Transaction,
} from '@tanstack/db'
import { SourceError } from '../../errors.js'
import type { Op } from '../../log/op.js'
import { seedKeys } from '../../runtime/collections/core-state.js'
import { persistedCollectionOptions } from '../../runtime/collections/options.js'
import type { Daybook } from '../../runtime/daybook/daybook.js'
import type { Key } from '../../values/key.js'
import { sameValue } from '../../values/same.js'
import type { OpenHandle } from './border-file.js'
import type { BorderBranches } from './branches.js'
import { type Call, type Calls, codeOf, type Said } from './calls.js'
import { migrated } from './migrated.js'
import { plain } from './plain.js'
import type {
  Behaviour,
  Change,
  Changed,
  CollectionShape,
  Keeping,
  On,
  QueryShape,
  SourceShape,
  Step,
} from './program.js'
import { kindOf, type Pair, queryOver } from './queries.js'
import type { BorderServer } from './server.js'
import type { SourceParts, SourceRecord } from './source.js'
import type { MachineSource } from './tested.js'
import type { Row } from './values.js'

/** Contexts that do not run the source are told of it by an error of daybook's. */
const isOfServer = (error: unknown): boolean =>
  error instanceof SourceError || (error instanceof Error && error.message.startsWith('the server '))

/** What a handler is to do, and for which calls. */
interface HandlerPlan {
  readonly does: Behaviour
  readonly calls: readonly Call[]
}

const NO_PLAN: HandlerPlan = { does: 'ends', calls: [] }

/** What handlers of collections with a source do, before they tell it. */
const FOR_SOURCES: ReadonlySet<Behaviour> = new Set(['ends', 'waits', 'throws', 'rejects', 'hangs'])

/** What a mutation handler is called with. */
interface HandlerParams {
  readonly transaction: {
    readonly mutations: readonly {
      readonly type: 'insert' | 'update' | 'delete'
      readonly key: Key
      readonly modified: object
    }[]
  }
}

/** How long nobody has to look at a collection before it is collected, in ms. */
const GARBAGE = 40

/** Kinds of live queries with a condition of their own for each `p`. */
const READ = [2, 3, 5, 6]

// biome-ignore lint/suspicious/noExplicitAny: rows of any shape
type Rows = Collection<any, any, any>

export interface LiveQuery {
  readonly shape: QueryShape
  // biome-ignore lint/suspicious/noExplicitAny: results of any shape
  readonly query: Collection<any, any, any>
  window?: { readonly offset: number; readonly limit: number }
  close(): void
}

/** Something that goes on when the program says so. */
export interface Waiting {
  finish(): void
}

export interface AppParts {
  readonly handle: OpenHandle
  readonly shapes: Readonly<Record<On, CollectionShape>>
  readonly calls: Calls
  readonly branches: BorderBranches
  /** What waits for the program, oldest first. */
  readonly waiting: Waiting[]
  readonly initialRows: (on: On) => Row[]
  /** What reached nobody else. */
  readonly errors: unknown[]
  readonly servers: Readonly<Record<On, BorderServer>>
  readonly records: Readonly<Record<On, SourceRecord>>
  /** Whose rows they have. */
  readonly identities: Readonly<Record<On, number>>
  readonly makeSource: (parts: SourceParts) => MachineSource
  /** The collections belong to a client, which can be given rows. */
  readonly isClients: boolean
  /** The schema version that the app declares. */
  readonly version: number
}

/** What a change makes of a row that is there, or of none. */
function saidBy(change: Change, before: object = {}): Said {
  if (change.kind === 'delete') return difference({}, {})
  const after: Record<string, unknown> = { ...before, ...change.fields }
  if (change.kind === 'update' && change.unset !== undefined) delete after[change.unset]
  return difference(before, after)
}

/** The fields that differ. Another context may change the others at the same time. */
function difference(before: object, after: object): Said {
  const [old, now] = [plain(before), plain(after)]
  const changed = Object.keys({ ...old, ...now }).filter((name) => !sameValue(old[name], now[name]))
  return Object.fromEntries(changed.map((name) => [name, now[name]]))
}

export class App {
  readonly #parts: AppParts
  readonly daybook: Daybook
  readonly origin: string
  readonly queries: LiveQuery[] = []
  /** Those of the collections that have one, by their present objects. */
  readonly sources = new Map<On, MachineSource>()
  readonly #client = new DbClient()
  #collections: Record<On, Rows>
  /** What the handler of the mutation that is being made does. */
  #plan: HandlerPlan = NO_PLAN
  /** The same for mutations whose handler is called later. */
  readonly #plans = new WeakMap<object, HandlerPlan>()
  #paced: ((changes: readonly Changed[]) => Transaction) | undefined
  /** Keys of rows that came with server rendering. */
  readonly hydrated: Readonly<Record<On, Set<Key>>> = { a: new Set(), b: new Set() }
  isClosing = false
  hasEnded = false

  constructor(parts: AppParts) {
    this.#parts = parts
    this.daybook = parts.handle.daybook
    this.origin = this.daybook.origin
    this.daybook.on('error', (error) => {
      if (!this.hasEnded) parts.errors.push(error)
    })
    this.daybook.on('warning', () => undefined)
    this.daybook.on('source', ({ status }) => {
      if (status === 'failing') parts.branches.reached('a source failed, and its rows on disk were shown')
    })
    this.#collections = { a: this.#first('a'), b: this.#first('b') }
    for (const rows of Object.values(this.#collections)) rows.startSyncImmediate()
  }

  get collections(): Pair {
    return this.#collections
  }

  rows(on: On): Rows {
    return this.#collections[on]
  }

  /** Rows as the app sees them, without what TanStack DB adds. */
  has(on: On, key: Key): boolean {
    return this.rows(on).has(key)
  }

  /** The schema version that it declares. */
  get version(): number {
    return this.#parts.version
  }

  /** Keys of rows that came by another way than the log, and of which the log or a source has said nothing yet. */
  seeds(on: On): ReadonlySet<Key> {
    return new Set(seedKeys(this.rows(on)))
  }

  /** Rows come with server rendering. */
  hydrate(on: On, rows: readonly Row[]): void {
    if (this.hasEnded || this.rows(on).status === 'error') return
    for (const { id } of rows) this.hydrated[on].add(id)
    this.#parts.branches.reached('rows came with server rendering')
    this.#client.hydrate({
      collections: [
        { collectionId: on, rows: rows.map((value) => ({ key: value.id, value: value as never })) },
      ],
    })
  }

  /** Carries out a step that is about one app only. Answers whether it is one. */
  take(step: Step): boolean {
    switch (step.do) {
      case 'change':
        this.#change(step.on, step.changes, step.handler)
        return true
      case 'transaction':
        this.#transact(step.changes, step.keeping, step.ends)
        return true
      case 'paced':
        this.#pace(step.changes)
        return true
      case 'write':
        this.#write(step.changes)
        return true
      case 'listen':
        this.#listen(step.on)
        return true
      case 'finish': {
        const { waiting } = this.#parts
        waiting.splice(step.which % Math.max(1, waiting.length), 1)[0]?.finish()
        return true
      }
      case 'query':
        this.#open(step.shape)
        return true
      case 'close query':
        this.#closeQuery(step.which)
        return true
      case 'window':
        this.#moveWindow(step.which, step)
        return true
      case 'cleanup':
        this.#parts.branches.reached('a collection was cleaned up and loaded again')
        this.#cleanUp(step.on)
        return true
      case 'preload':
        this.rows(step.on).startSyncImmediate()
        return true
      case 'another object':
        this.#parts.branches.reached('a collection object was replaced while the log went on')
        this.#replace(step.on)
        return true
      default:
        return false
    }
  }

  /** Opens many live queries, and closes them. */
  async readMuch(on: On, rest: () => Promise<void>): Promise<void> {
    const before = new Set(this.queries)
    for (let p = 0; p < 6; p++) for (const of of READ) this.#open({ of, p, on })
    await rest()
    for (const query of this.queries) if (!before.has(query)) query.close()
    this.queries.splice(0, this.queries.length, ...this.queries.filter((query) => before.has(query)))
    await rest()
  }

  /** Ends the run of a collection; live queries over it end first. */
  #cleanUp(on: On): void {
    for (const query of this.queries.splice(0)) query.close()
    void this.#collections[on].cleanup()
  }

  /** Replaces a collection object by another one of the same id; a client has one of each id, which begins anew. */
  #replace(on: On): void {
    this.#cleanUp(on)
    if (!this.#parts.isClients) this.#collections[on] = createCollection(this.#options(on))
    this.#collections[on].startSyncImmediate()
  }

  #change(on: On, changes: readonly Change[], behaviour: Behaviour): void {
    const rows = this.rows(on)
    if (rows.status === 'error' || this.hasEnded) return
    const inserts = changes.filter((each) => each.kind === 'insert' && !rows.has(each.key))
    const updates = changes.filter((each) => each.kind === 'update' && rows.has(each.key))
    const deletes = changes.filter((each) => each.kind === 'delete' && rows.has(each.key))
    for (const some of [inserts, updates, deletes]) if (some.length > 0) this.#one(on, some, behaviour)
  }

  #transact(changes: readonly Changed[], keeping: Keeping, ends: 'now' | 'later' | 'rolled back'): void {
    if (this.hasEnded) return
    const { branches, waiting } = this.#parts
    let made: Call[] = []
    const transaction = createTransaction({
      autoCommit: false,
      mutationFn: async ({ transaction: own }) => {
        if (keeping === 'fails') throw new Error('the mutationFn fails')
        if (keeping === 'commit') await this.daybook.commit(own)
        else if (keeping === 'accept') await Promise.all(this.#accept(own, made))
        else {
          branches.reached('mutations were accepted and not awaited')
          for (const accepting of this.#accept(own, made)) accepting.catch(() => undefined)
        }
      },
    })
    transaction.mutate(() => this.#mutate(changes))
    const end = (): void => {
      if (this.hasEnded || transaction.state !== 'pending') return
      if (ends === 'rolled back') {
        transaction.rollback()
        branches.reached('a transaction was rolled back before it was committed')
        return
      }
      // The place in the order of a row is taken now.
      made = this.#callsOf(transaction, keeping === 'commit')
      if (new Set(made.map(({ on }) => on)).size > 1 && keeping === 'commit')
        transaction.isPersisted.promise.then(
          () => branches.reached('a transaction over two collections was kept'),
          () => undefined,
        )
      transaction.commit().catch(() => undefined)
      // What each collection accepts has an outcome of its own.
      if (keeping === 'commit' || keeping === 'fails') this.#follow(made, transaction.isPersisted.promise)
    }
    if (ends === 'later') waiting.push({ finish: end })
    else end()
  }

  #pace(changes: readonly Changed[]): void {
    if (this.hasEnded) return
    const { branches } = this.#parts
    this.#paced ??= createPacedMutations<readonly Changed[]>({
      onMutate: (some) => this.#mutate(some),
      mutationFn: async ({ transaction }) => {
        if (this.hasEnded) return
        const made = this.#callsOf(transaction as unknown as Transaction, true)
        if (made.length > 1) branches.reached('paced mutations were committed together')
        this.#follow(made, (transaction as unknown as Transaction).isPersisted.promise)
        await this.daybook.commit(transaction)
      },
      strategy: debounceStrategy({ wait: 30 }),
    })
    this.#paced(changes).isPersisted.promise.catch(() => undefined)
  }

  #write(changes: readonly Changed[]): void {
    const { calls } = this.#parts
    const ops: Op[] = []
    const group = calls.nextGroup()
    const made: Call[] = []
    for (const { on, change } of changes) {
      if (this.#parts.shapes[on].source !== undefined) continue
      const { key } = change
      const mark = calls.nextMark()
      const kind = change.kind === 'delete' ? 'remove' : 'put'
      made.push(calls.add({ mark, origin: this.origin, on, key, kind, group }))
      if (change.kind === 'delete') ops.push({ op: 'delete', collection: on, key })
      else ops.push({ op: 'put', collection: on, key, value: { id: key, ...change.fields, v: mark } })
    }
    if (ops.length > 0) this.#follow(made, this.daybook.write(ops))
  }

  #listen(on: On): void {
    const rows = this.rows(on)
    if (rows.status === 'error' || this.#parts.shapes[on].source !== undefined) return
    let isOver = false
    const subscription = rows.subscribeChanges(() => {
      if (isOver) return
      isOver = true
      queueMicrotask(() => subscription.unsubscribe())
      this.#parts.branches.reached('a listener changed a row')
      this.#insertAnother(on)
    })
  }

  #open(shape: QueryShape): void {
    const query = createLiveQueryCollection({
      startSync: true,
      gcTime: 0,
      query: queryOver(shape, this.#collections),
      // biome-ignore lint/suspicious/noExplicitAny: of any shape
    } as any) as LiveQuery['query']
    const subscription = query.subscribeChanges(() => undefined)
    this.queries.push({
      shape,
      query,
      close: () => {
        subscription.unsubscribe()
        void query.cleanup()
      },
    })
  }

  #closeQuery(which: number): void {
    const [query] = this.queries.splice(which % Math.max(1, this.queries.length), 1)
    query?.close()
  }

  #moveWindow(which: number, window: { readonly offset: number; readonly limit: number }): void {
    // Without an index TanStack DB 0.15.2 loads the rows of a moved window again and again, without an end, when a row is
    // inserted into one that is not full; in memory as well.
    const paged = this.queries.filter(
      ({ shape, query }) =>
        kindOf(shape).paged === true && this.#parts.shapes[shape.on].indexed && query.status !== 'error',
    )
    const query = paged[which % Math.max(1, paged.length)]
    if (query === undefined) return
    const moved = query.query.utils.setWindow(window)
    query.window = window
    if (moved !== true)
      moved.catch((error: unknown) => {
        // A page that its source cannot bring is told to whoever asked for it.
        if (this.queries.includes(query) && !this.isClosing && !isOfServer(error))
          this.#parts.errors.push(error)
      })
    this.#parts.branches.reached('a window was moved')
  }

  /** The context ends: by closing its handle, or by a kill. */
  end(): void {
    this.hasEnded = true
    for (const query of this.queries.splice(0)) query.close()
    for (const rows of Object.values(this.#collections)) void rows.cleanup()
  }

  /** Of an app that gives `initialData` all collections belong to a client, for core orders transactions by client. */
  #first(on: On): Rows {
    const { initialRows, isClients } = this.#parts
    if (!isClients) return createCollection(this.#options(on))
    const options = collectionOptions(on, () => this.#options(on)) as never
    return this.#client.collection(options, { initialData: initialRows(on) as never }) as unknown as Rows
  }

  // biome-ignore lint/suspicious/noExplicitAny: the options of either kind of collection
  #options(on: On): any {
    const shape = this.#parts.shapes[on]
    const handler = async (params: { transaction: { mutations: readonly { key: Key }[] } }): Promise<void> =>
      this.#handle(on, params)
    if (shape.source !== undefined) return this.#sourceOptions(on, shape.source)
    return persistedCollectionOptions({
      id: on,
      getKey: (row: Row) => row.id,
      syncMode: shape.mode,
      gcTime: shape.garbage ? GARBAGE : 0,
      schemaVersion: this.version,
      migrate: migrated(this.version),
      ...(shape.indexed && { autoIndex: 'eager', defaultIndexType: BTreeIndex }),
      persistence: this.daybook,
      ...(shape.handlers && { onInsert: handler, onUpdate: handler, onDelete: handler }),
    })
  }

  // biome-ignore lint/suspicious/noExplicitAny: the options of a collection with a source
  #sourceOptions(on: On, shape: SourceShape): any {
    const { mode, indexed, garbage } = this.#parts.shapes[on]
    const { servers, records, branches } = this.#parts
    const source = this.#parts.makeSource({
      on,
      server: servers[on],
      shape,
      onDemand: mode === 'on-demand',
      branches,
      record: records[on],
    })
    this.sources.set(on, source)
    const handler = (params: HandlerParams): Promise<void> => this.#send(on, source, params)
    return persistedCollectionOptions({
      id: on,
      getKey: (row: Row) => row.id,
      syncMode: mode,
      gcTime: garbage ? GARBAGE : 0,
      identity: `user ${this.#parts.identities[on]}`,
      ...(indexed && { autoIndex: 'eager', defaultIndexType: BTreeIndex }),
      persistence: this.daybook,
      sync: source.sync,
      ...(mode === 'eager' && { snapshot: shape.resumes === 'snapshot' }),
      ...source.options,
      onInsert: handler,
      onUpdate: handler,
      onDelete: handler,
      // biome-ignore lint/suspicious/noExplicitAny: rows of any shape
    } as any)
  }

  /** Tells the server of mutations, and waits until what it made of them has come back. */
  async #send(on: On, source: MachineSource, { transaction }: HandlerParams): Promise<void> {
    const server = this.#parts.servers[on]
    await this.#handle(on, { transaction })
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (server.isAway) throw new Error('the server cannot be reached')
    let version = 0
    for (const { type, key, modified } of transaction.mutations) {
      const { id: _, v, ...fields } = modified as unknown as Row & Record<string, unknown>
      const change = { kind: type, key, fields } as Change
      const [made] = server.apply([change], [v as number])
      if (made === undefined) throw new Error('the server refuses it')
      version = made.version
    }
    await source.seen(version)
    this.#parts.branches.reached('a mutation was confirmed by its source')
  }

  #one(on: On, changes: readonly Change[], behaviour: Behaviour): void {
    const { calls, shapes } = this.#parts
    const group = calls.nextGroup()
    const isLocal = shapes[on].source === undefined
    const does = shapes[on].handlers && (isLocal || FOR_SOURCES.has(behaviour)) ? behaviour : 'ends'
    const rows = this.rows(on)
    const seeds = this.seeds(on)
    const marks = changes.map(() => calls.nextMark())
    const made = changes.map((change, index) => {
      const { key, kind } = change
      const facts = { says: saidBy(change, rows.get(key)), ofSeed: seeds.has(key) }
      return calls.add({ mark: marks[index] as number, origin: this.origin, on, key, kind, group, ...facts })
    })
    const plan: HandlerPlan = { does, calls: made }
    this.#plan = plan
    const transaction = this.#call(rows, changes, marks)
    if (this.#plan === plan) this.#plans.set(transaction, plan)
    this.#plan = NO_PLAN
    this.#follow(made, transaction.isPersisted.promise)
  }

  /** Changes rows inside of a transaction; what does not fit is left out, and so are rows of sources. */
  #mutate(changes: readonly Changed[]): void {
    for (const { on, change } of changes) {
      const rows = this.rows(on)
      if (rows.status === 'error' || this.#parts.shapes[on].source !== undefined) continue
      if ((change.kind === 'insert') === rows.has(change.key)) continue
      try {
        this.#call(rows, [change], [this.#parts.calls.nextMark()])
      } catch (error) {
        // Of a row that the transaction has deleted and another one shows again, core knows no update.
        if (!String(error).includes('Unhandled mutation combination')) throw error
      }
    }
  }

  /** What a transaction asks for, after TanStack DB has merged what it did to one row. */
  #callsOf({ mutations }: Transaction, isOneEntry: boolean): Call[] {
    const { calls } = this.#parts
    const groups = { a: calls.nextGroup(), b: calls.nextGroup() }
    return mutations.map(({ type, key, modified, original, collection }) => {
      const on = collection.id as On
      const mark = type === 'delete' ? calls.nextMark() : (modified as { v: number }).v
      const group = isOneEntry ? groups.a : groups[on]
      const says = difference(type === 'insert' ? {} : original, type === 'delete' ? {} : modified)
      // Committed later than it was made: what was told meanwhile has not changed what it was made of.
      const ofSeed = Number((original as { v?: unknown }).v) < 0
      return calls.add({ mark, origin: this.origin, on, key, kind: type, group, says, ofSeed })
    })
  }

  /** Accepts the mutations of each collection by itself. */
  #accept(transaction: { mutations: readonly unknown[] }, made: readonly Call[]): Promise<void>[] {
    return (['a', 'b'] as const).flatMap((on) => {
      const own = made.filter((call) => call.on === on)
      if (own.length === 0) return []
      const accepting = this.rows(on).utils.acceptMutations(transaction) as Promise<void>
      this.#follow(own, accepting)
      return [accepting]
    })
  }

  #follow(calls: readonly Call[], promise: Promise<unknown>): void {
    this.#parts.calls.follow(calls, promise, this.#refused)
  }

  #call(rows: Rows, changes: readonly Change[], marks: readonly number[]): Transaction {
    const [first] = changes as readonly [Change]
    if (first.kind === 'insert')
      return rows.insert(
        changes.map((change, index) => ({
          id: change.key,
          ...('fields' in change && change.fields),
          v: marks[index],
        })),
      ) as unknown as Transaction
    if (first.kind === 'delete') return rows.delete(changes.map(({ key }) => key)) as unknown as Transaction
    return rows.update(
      changes.map(({ key }) => key),
      (drafts: Record<string, unknown>[]) => {
        for (const [index, draft] of drafts.entries()) {
          const change = changes[index] as Extract<Change, { kind: 'update' }>
          Object.assign(draft, change.fields, { v: marks[index] })
          if (change.unset !== undefined) delete draft[change.unset]
        }
      },
    ) as unknown as Transaction
  }

  #handle(on: On, params: { transaction: { mutations: readonly { key: Key }[] } }): void | Promise<void> {
    const { waiting, branches } = this.#parts
    const { does, calls } = this.#plans.get(params.transaction) ?? this.#plan
    this.#plan = NO_PLAN
    if (this.#isBehindWaiting(on, params, calls))
      branches.reached('an update waited behind an insert whose handler waits')
    switch (does) {
      case 'throws':
        branches.reached('a handler failed')
        throw new Error('the handler throws')
      case 'waits':
        return new Promise((resolve) => waiting.push({ finish: resolve }))
      case 'rejects':
        return new Promise((_, reject) =>
          waiting.push({
            finish: () => {
              branches.reached('a handler failed')
              reject(new Error('the handler rejects'))
            },
          }),
        )
      case 'hangs':
        for (const call of calls) call.hangs = true
        return new Promise(() => undefined)
      case 'accepts':
        branches.reached('a handler accepted its own mutations')
        return this.rows(on).utils.acceptMutations(params.transaction)
      case 'mutates':
        branches.reached('a handler changed another row')
        this.#insertAnother(on)
    }
  }

  #isBehindWaiting(
    on: On,
    { transaction }: { transaction: { mutations: readonly { key: Key }[] } },
    own: readonly Call[],
  ): boolean {
    return this.#parts.calls.all.some(
      (call) =>
        call.outcome === 'pending' &&
        call.origin === this.origin &&
        call.on === on &&
        !own.includes(call) &&
        transaction.mutations.some(({ key }) => key === call.key),
    )
  }

  #insertAnother(on: On): void {
    // TanStack DB throws there.
    if (this.rows(on).status === 'error') return
    const change: Change = { kind: 'insert', key: `made-${this.#parts.calls.nextGroup()}`, fields: { n: 1 } }
    // Inside of a transaction that is being made it becomes a part of that one.
    if (getActiveTransaction() !== undefined) this.#mutate([{ on, change }])
    else this.#one(on, [change], 'ends')
  }

  readonly #refused = (error: unknown): void => {
    const { branches } = this.#parts
    const code = codeOf(error)
    if (code === 'DAYBOOK_EARLIER_REFUSED')
      branches.reached('a change was refused because an earlier one was')
    if (code === 'DAYBOOK_KEY_TAKEN') branches.reached('an insert was refused because its key was taken')
    if (code === 'DAYBOOK_ROW_GONE') branches.reached('an update was refused because its row was gone')
  }
}
