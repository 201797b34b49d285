/**
 * The machine: runs one program on a daybook and on TanStack DB in memory, and compares whenever everything rests.
 */

// Code that the library loads on request arrives in real time, for which virtual time does not wait.
import '../../materializer/subset/answer.js'
import { loadSyncedRuns } from '../../runtime/collections/synced/synced.js'
import '../../runtime/on-request.js'
import type { Connection } from '../../drivers/driver.js'
import type { SqlRow } from '../../drivers/statement.js'
import { runOf } from '../../runtime/collections/follow.js'
import { COMPLETE, IDENTITY } from '../../runtime/collections/metadata.js'
import { internalsOf } from '../../runtime/daybook/internals.js'
import { decodeKey } from '../../values/decode-key.js'
import type { Key } from '../../values/key.js'
import { decodeValue, type Json, type Note } from '../../values/value.js'
import { turn } from '../simulation/virtual-clock.js'
import { App, type LiveQuery, type Waiting } from './app.js'
import { Arrivals } from './arrivals.js'
import { BorderFile, type OpenHandle } from './border-file.js'
import { BorderTime } from './border-time.js'
import { BorderBranches } from './branches.js'
import { Calls, codeOf, isRefused } from './calls.js'
import { checkLiveQuery } from './check-query.js'
import { checkConfirmed, checkMarks, checkSameRows, LogWalk, must } from './checks.js'
import { LogArchive } from './log-archive.js'
import {
  BOTH,
  type Change,
  type CollectionShape,
  type On,
  type Program,
  type SourceEvent,
  type Step,
} from './program.js'
import { Reference } from './reference.js'
import { Rejections } from './rejections.js'
import { BorderServer } from './server.js'
import { BorderSource, type SourceParts, SourceRecord } from './source.js'
import { type MachineSource, type SourceFacts, type SourceUnderTest, tested } from './tested.js'
import { type Row, uncalledRows } from './values.js'

/** How long everything may take to come to rest, in ms of the machine's time. */
const LONGEST_REST = 60_000
const LONGEST_WAIT = 30_000

/** How many entries without rows may come of reading: marks of what was answered wait for each other. */
const MOST_IDLE = 4

/** What TanStack DB adds to a row. */
interface Virtual {
  readonly $key: Key
  readonly $synced: boolean
  readonly $hasPendingWrites: boolean
  readonly $origin: string
}

/** How much time passes between two looks. */
const LOOK = 60
/** How long it looks whether nothing more is appended, in ms. */
const LAST_LOOK = 5
/** So many looks take longer than messages that are lost, and sent again. */
const LONG_QUIET = 25

/** What servers have at first. */
const FIRST_ROWS: readonly Change[] = [
  { kind: 'insert', key: 1, fields: { n: 1, tag: 'x' } },
  { kind: 'insert', key: 2, fields: { n: 2, tag: 'y' } },
]

export interface SourceOptions {
  /** Makes a source under test for one collection object, in place of the machine's own. */
  readonly source?: (facts: SourceFacts) => SourceUnderTest
  /**
   * Rows of servers have every column: null, where nobody gave it. For sources that merge what they get into the rows
   * that they have, and so do not see a field go. Default false.
   */
  readonly allColumns?: boolean
}

/** Runs a program to its end.
 *
 * @throws BrokenPromise
 */
export async function runProgram(
  program: Program,
  branches = new BorderBranches(),
  options: SourceOptions = {},
): Promise<void> {
  await loadSyncedRuns()
  const time = new BorderTime()
  time.begin()
  const machine = new Machine(program, time, branches, options)
  try {
    for (const step of program.steps) await machine.take(step)
    await machine.end()
  } finally {
    await machine.stop()
    time.end()
  }
}

class Machine {
  readonly #program: Program
  readonly #time: BorderTime
  /** The source is the one of an author. */
  readonly #isOthers: boolean
  readonly #makeSource: (parts: SourceParts) => MachineSource
  readonly #branches: BorderBranches
  readonly #file: BorderFile
  readonly #calls = new Calls()
  readonly #waiting: Waiting[] = []
  readonly #errors: unknown[] = []
  readonly #archive = new LogArchive()
  readonly #walk: LogWalk
  readonly #reference = new Reference()
  readonly #arrivals: Arrivals
  /** Which context ran the source of each collection at the last look. */
  readonly #owners = new Map<On, App>()
  readonly #apps: App[] = []
  readonly #handles = new Map<App, OpenHandle>()
  readonly #connection: Connection
  readonly #makeServer: (identity: number) => BorderServer
  readonly #servers: Record<On, BorderServer>
  readonly #records: Record<On, SourceRecord> = { a: new SourceRecord(), b: new SourceRecord() }
  /** Whose rows collections have, and the servers of those before. */
  readonly #identities: Record<On, number> = { a: 0, b: 0 }
  readonly #formerServers: Record<On, BorderServer[]> = { a: [], b: [] }
  /** The schema version of the newest app. */
  #version = 1
  readonly #rejections = new Rejections()
  /** For how many looks nothing is to be under way. */
  readonly #quietLooks: number
  /** Live queries may have failed with their source. */
  #mayHaveFailed = false
  /** Handles that are being closed. */
  readonly #closing: Promise<unknown>[] = []
  #initials = 0

  constructor(
    program: Program,
    time: BorderTime,
    branches: BorderBranches,
    { source, allColumns }: SourceOptions,
  ) {
    this.#program = program
    this.#isOthers = source !== undefined
    this.#makeSource = (parts) => (source ? tested(source, parts) : new BorderSource(parts))
    this.#makeServer = (identity) => new BorderServer(identity, allColumns)
    this.#servers = { a: this.#makeServer(0), b: this.#makeServer(0) }
    // What contexts want of a source that is not ours nobody sees on its way.
    this.#quietLooks = source !== undefined && program.contexts.length > 1 ? LONG_QUIET : 1
    this.#time = time
    this.#branches = branches
    this.#file = new BorderFile(time.clock, program.fates, (connection) => this.#archive.of(connection))
    this.#arrivals = new Arrivals(branches)
    this.#connection = this.#file.connect()
    this.#walk = new LogWalk(
      this.#calls,
      branches,
      new Set(BOTH.filter((on) => program[on].source !== undefined)),
    )
    for (const on of BOTH) if (this.#hasSource(on)) this.#servers[on].apply(FIRST_ROWS)
    this.#rejections.begin()
    for (const who of program.contexts.keys()) this.#open(who)
  }

  async take(step: Step): Promise<void> {
    const app = this.#app('who' in step ? step.who : 'which' in step ? step.which : 0)
    if (app.take(step)) {
      // Now and then nothing happens between two steps, not even a microtask.
      if (step.do !== 'change') await undefined
      return
    }
    switch (step.do) {
      case 'drop':
      case 'compact':
      case 'forget':
      case 'redact':
        await this.#maintain(step, app)
        break
      case 'hydrate':
        // Rows that come while a change persists, core promises to show later; a cleanup breaks the promise to nobody.
        if (!this.#isPending(app) && this.#isRendered(step.on))
          app.hydrate(step.on, this.#renderedRows(step.on, step.keys))
        break
      case 'new version':
        this.#version++
        await this.#restart(step.who, 'close')
        break
      case 'another identity':
        await this.#changeIdentity(step.on)
        break
      case 'read much':
        await this.#readMuch(app, step.on)
        break
      case 'restart':
        if (!step.source) this.#away(true)
        await this.#restart(step.who, step.how)
        break
      case 'server':
        if (this.#hasSource(step.on)) this.#servers[step.on].apply(step.changes)
        break
      case 'source':
        this.#tellSource(step.on, step.what)
        break
      case 'time':
        await this.#time.clock.advance(step.ms)
        return
      case 'turns':
        for (let n = 0; n < step.count; n++) await undefined
        return
      case 'quiet':
        await this.#rest()
        await this.#check()
        return
    }
    await undefined
  }

  /** Everything that waits goes on, everything comes to rest, and is as it must be; also for a context that begins then. */
  async end(): Promise<void> {
    await this.#rest()
    await this.#check()
    const who = this.#apps.length
    this.#open(who, 'handle')
    await this.#rest()
    await this.#check()
    if (BOTH.some((on) => this.#servers[on].isAway)) {
      this.#away(false)
      await this.#rest()
      await this.#check()
    }
    const { findings } = await this.#settled('verify()', (this.#apps[0] as App).daybook.verify())
    must(findings.length === 0, () => `verify() finds ${JSON.stringify(findings)}`)
  }

  async stop(): Promise<void> {
    this.#reference.end()
    for (const app of this.#apps) {
      app.end()
      void app.daybook.close({ timeout: 0 }).catch(() => undefined)
    }
    await this.#time.clock.advance(100)
    void this.#connection.close()
    this.#file.remove()
    this.#rejections.end()
  }

  #hasSource(on: On): boolean {
    return this.#program[on].source !== undefined
  }

  #away(isAway: boolean): void {
    if (isAway) this.#mayHaveFailed = true
    for (const on of BOTH) if (this.#hasSource(on)) this.#servers[on].isAway = isAway
  }

  #tellSource(on: On, what: SourceEvent): void {
    if (!this.#hasSource(on)) return
    const server = this.#servers[on]
    if (what === 'away' || what === 'back') this.#away(what === 'away')
    else if (what === 'fails') {
      server.failures++
      this.#mayHaveFailed = true
    } else {
      if (what === 'truncate first') server.forgottenUpTo = server.version
      for (const app of this.#apps) if (!app.hasEnded) app.sources.get(on)?.tell(what)
    }
  }

  #app(which: number): App {
    return this.#apps[which % this.#apps.length] as App
  }

  #open(who: number, kind = this.#program.contexts[who] ?? 'handle'): void {
    const handle = this.#file.open(kind, who === 0 && this.#program.contexts.includes('remote'))
    if (kind === 'remote') this.#branches.reached('entries came through a faulty channel')
    const app = new App({
      handle,
      shapes: this.#program,
      calls: this.#calls,
      branches: this.#branches,
      waiting: this.#waiting,
      errors: this.#errors,
      servers: this.#servers,
      records: this.#records,
      makeSource: this.#makeSource,
      identities: { ...this.#identities },
      isClients: this.#isClients,
      version: this.#version,
      initialRows: (on) => this.#initialRows(this.#program[on]),
    })
    this.#apps[who] = app
    this.#handles.set(app, handle)
  }

  #initialRows({ initial }: CollectionShape): Row[] {
    if (initial === 0) return []
    if (this.#initials > 0)
      this.#branches.reached('initialData was left alone because the collection existed')
    return uncalledRows([1, 2, 3].slice(0, initial), ++this.#initials)
  }

  async #restart(who: number, how: 'close' | 'kill'): Promise<void> {
    const index = who % this.#apps.length
    await this.#end(this.#apps[index] as App, how)
    this.#open(index)
  }

  async #end(app: App, how: 'close' | 'kill'): Promise<void> {
    const handle = this.#handles.get(app)
    const isBusy = this.#calls.all.some((call) => call.origin === app.origin && call.outcome === 'pending')
    if (how === 'kill') {
      this.#branches.reached('a handle was killed')
      handle?.kill()
      app.end()
      this.#calls.lose(app.origin)
    } else {
      if (isBusy) this.#branches.reached('a handle was closed while changes were under way')
      app.isClosing = true
      const closing = app.daybook.close({ timeout: 1000 })
      this.#closing.push(closing)
      await this.#settled('close()', closing)
      app.end()
      handle?.end()
      // What waited for an API of the app's is lost with it.
      this.#calls.lose(app.origin)
    }
  }

  async #maintain(
    step: Extract<Step, { do: 'drop' | 'compact' | 'forget' | 'redact' }>,
    app: App,
  ): Promise<void> {
    if (app.hasEnded) return
    await this.#settled('ready', app.daybook.ready)
    if (step.do === 'compact') {
      await this.#settled('compact()', app.daybook.compact())
      this.#branches.reached('a log was trimmed')
      return
    }
    // A source is not told that its rows went.
    if (this.#hasSource(step.on)) return
    // What is about to be blanked is looked at before.
    this.#read()
    if (step.do === 'drop') {
      this.#branches.reached('a collection was dropped while it was open')
      await this.#settled('drop()', app.daybook.drop(step.on))
    } else if (step.do === 'forget') {
      this.#walk.forgotten(step.on, step.key)
      const { rows } = await this.#settled('forget()', app.daybook.forget(step.on, [step.key]))
      if (rows > 0) this.#branches.reached('a row was forgotten')
    } else {
      const { seq: to } = await this.#settled('head()', app.daybook.head())
      if (to === 0) return
      this.#read()
      const { entries } = await this.#settled('redact()', app.daybook.redact({ from: 1, to }))
      if (entries.length > 0) this.#branches.reached('entries were redacted')
    }
  }

  /** Of an app that is given rows all collections belong to a client, for core orders transactions by client. */
  get #isClients(): boolean {
    const { a, b, steps } = this.#program
    return a.initial + b.initial > 0 || steps.some((step) => step.do === 'hydrate')
  }

  /** Nobody renders rows on a server that only this device has, a part of them at a time. */
  #isRendered(on: On): boolean {
    return this.#hasSource(on) || this.#program[on].mode === 'eager'
  }

  #renderedRows(on: On, keys: readonly Key[]): Row[] {
    if (this.#hasSource(on)) return [...this.#servers[on].rows.values()]
    return uncalledRows(keys, ++this.#initials)
  }

  /** Another user logs in, in all contexts at once. */
  async #changeIdentity(on: On): Promise<void> {
    if (!this.#hasSource(on)) return
    this.#branches.reached('another identity began')
    this.#formerServers[on].push(this.#servers[on])
    const server = this.#makeServer(++this.#identities[on])
    server.isAway = this.#servers[on].isAway
    server.apply(FIRST_ROWS)
    this.#servers[on] = server
    this.#records[on] = new SourceRecord()
    // The first one serves the remote ones, whose last words are to be heard.
    for (const app of [...this.#apps].reverse()) await this.#end(app, 'close')
    for (const who of this.#apps.keys()) this.#open(who)
  }

  /** B8: nothing of those before is shown. */
  #checkIdentities(): void {
    for (const on of BOTH) {
      const former = this.#formerServers[on]
      if (former.length === 0) continue
      for (const app of this.#apps)
        for (const { id, v } of app.rows(on).values() as Iterable<Row>)
          must(
            !former.some((server) => server.hadMark(v as number)),
            () => `B8: ${on} shows row ${String(id)} of another identity`,
          )
    }
  }

  /** B10: reading costs a bounded number of entries, whatever was read. */
  async #readMuch(app: App, on: On): Promise<void> {
    if (app.hasEnded || app.rows(on).status !== 'ready') return
    await this.#rest()
    this.#read()
    const before = this.#walk.idle
    await app.readMuch(on, () => this.#rest())
    this.#read()
    this.#branches.reached('a context read much')
    const made = this.#walk.idle - before
    must(made <= MOST_IDLE, () => `B10: reading has appended ${made} entries`)
  }

  /** Lets time pass until nothing is under way any more. */
  async #rest(): Promise<void> {
    let head = -1
    let quiet = 0
    for (let passed = 0; ; passed += LOOK) {
      for (const waiting of this.#waiting.splice(0)) waiting.finish()
      await this.#pass(LOOK)
      this.#checkIdentities()
      const under = await this.#underWay()
      const before = head
      head = this.#head
      quiet = under === undefined && head === before ? quiet + 1 : 0
      if (quiet >= this.#quietLooks) {
        // What a source has told just now is about to be appended.
        await this.#pass(LAST_LOOK)
        if (this.#head === head && !this.#file.isCalled) return
      }
      must(passed < LONGEST_REST, () => `it never came to rest: ${under ?? 'the log grows'}`)
      if (passed > 1000) await this.#pass(500)
    }
  }

  /** Lets time pass, and stand still where a source waits for something real. */
  async #pass(ms: number): Promise<void> {
    for (const app of this.#apps) for (const source of app.sources.values()) await source.settled?.()
    await this.#time.clock.advance(ms)
  }

  get #head(): number {
    const [row] = this.#connection.execute(
      { sql: 'SELECT max(seq) AS head FROM daybook_log' },
      [],
    ) as readonly SqlRow[]
    return Number(row?.head)
  }

  /** What is not at rest. */
  async #underWay(): Promise<string | undefined> {
    if (this.#waiting.length > 0) return 'something waits'
    if (this.#file.isCalled) return 'a call is on its way'
    const head = this.#head
    for (const [who, app] of this.#apps.entries()) {
      const position = internalsOf(app.daybook).tail.position?.seq
      if (position !== undefined && position < head)
        return `context ${who} is at ${position}, the log at ${head}`
      for (const [on, source] of app.sources)
        if (!source.isUpToDate) return `the source of ${on} is at work in context ${who}`
      const isPending = this.#isPending(app)
      // Core holds everything back for as long as a handler of the collection's runs.
      const held = BOTH.filter((on) => isPending && app.rows(on)._state.hasHeldSyncTransaction())
      for (const on of BOTH) {
        if (held.includes(on)) continue
        const rows = app.rows(on)
        const run = runOf(rows)
        if (run?.isLoading === true && !run.isStopped && rows.status !== 'cleaned-up')
          return `${on} of context ${who} reads its rows`
        const isAway = this.#servers[on].isAway
        const waiting = [...(run?.held.keys() ?? [])].filter((key) => !isAway || !app.seeds(on).has(key))
        if (waiting.length > 0 && rows.status !== 'cleaned-up')
          return `rows of ${on} in context ${who} wait behind those of server rendering`
        if (run !== undefined && run.held.size > 0 && rows.status === 'loading') {
          this.#read()
          if (this.#isComplete(on)) return `${on} of context ${who} is complete on disk, and loading`
        }
        // Nobody waits for a server that is away.
        if (isAway) continue
        if (rows.status === 'loading') return `${on} of context ${who} is loading`
        if (rows.isLoadingSubset && !this.#waitsForHandler(on))
          return `${on} of context ${who} loads a subset`
      }
      if (held.length > 0 || BOTH.some((on) => this.#servers[on].isAway || this.#waitsForHandler(on)))
        continue
      for (const { query, shape } of app.queries) {
        if (query.status === 'loading' || (query.status !== 'error' && query.isLoadingSubset))
          return `query ${JSON.stringify(shape)} of context ${who} is ${query.status}`
      }
    }
    const pending = this.#calls.all.find((call) => call.outcome === 'pending' && !this.#isBehindHanging(call))
    return (
      pending &&
      `call ${pending.mark} (${pending.kind} of ${String(pending.key)} in ${pending.on}) is pending`
    )
  }

  /** A source waits for what it has committed to be shown; where it runs, that may be held back by a handler. */
  #waitsForHandler(on: On): boolean {
    return this.#apps.some(
      (app) => app.sources.has(on) && app.rows(on)._state.hasHeldSyncTransaction() && this.#isPending(app),
    )
  }

  /** Whether a call waits for a handler that never ends, directly or through others. */
  #isBehindHanging(call: ReturnType<Calls['add']>): boolean {
    const group = (each: typeof call): (typeof call)[] =>
      each.group === 0 ? [each] : this.#calls.all.filter((other) => other.group === each.group)
    const seen = new Set<typeof call>()
    const visit = (each: typeof call): boolean => {
      if (seen.has(each)) return false
      seen.add(each)
      if (each.hangs) return true
      const index = this.#calls.all.indexOf(each)
      const before = this.#calls.all
        .slice(0, index)
        .filter((other) => other.origin === each.origin && other.on === each.on && other.key === each.key)
        // A handler that fails does not let those behind it pass: they wait for what is before it.
        .filter((other) => other.outcome === 'pending' || isRefused(other))
      return [...before, ...group(each)].some(visit)
    }
    return visit(call)
  }

  #isPending({ origin }: App): boolean {
    return this.#calls.all.some((call) => call.origin === origin && call.outcome === 'pending')
  }

  #read(): void {
    for (const entry of this.#archive.news(this.#connection)) this.#walk.take(entry)
  }

  async #check(): Promise<void> {
    const disk = await this.#onDiskAtRest()
    this.#read()
    for (const error of this.#errors)
      must(false, () => `an error reached nobody: ${codeOf(error)} ${String((error as Error)?.stack)}`)
    for (const reason of this.#rejections.all)
      must(false, () => `a rejection reached nobody: ${codeOf(reason)} ${String((reason as Error)?.stack)}`)
    this.#walk.checkCalls()
    for (const on of BOTH) {
      const expected = this.#walk.of(on)
      checkSameRows(`disk: ${on}`, disk[on], expected)
      if (this.#hasSource(on)) this.#checkSource(on, expected)
      this.#reference.show(on, this.#isAnsweredByServer(on) ? this.#servers[on].rows : expected)
    }
    // New ones among them show their rows a turn later.
    for (const { queries } of this.#apps) for (const live of queries) this.#reference.queryLike(live)
    await turn()
    for (const [who, app] of this.#apps.entries()) {
      for (const on of BOTH) {
        const rows = app.rows(on)
        if (rows.status === 'error' && app.version < this.#version)
          this.#branches.reached('a context was too old for the rows')
        if (rows.status === 'cleaned-up' && this.#program[on].garbage)
          this.#branches.reached('a collection was collected as garbage')
        // In the middle of a transaction of its source memory has a part of it, which nobody sees.
        const isOpen = rows._state.pendingSyncedTransactions.some(({ committed }) => !committed)
        if (rows.status !== 'ready' || isOpen) continue
        must(
          app.version >= this.#walk.versionOf(on),
          () =>
            `context ${who} knows version ${app.version} of ${on}, and shows rows of version ${this.#walk.versionOf(on)}`,
        )
        const { mode } = this.#program[on]
        const seeds = this.#seedsOf(app, on)
        const inMemory = new Map(rows._state.acceptedSyncedEntries() as Iterable<[Key, object]>)
        for (const key of seeds) inMemory.delete(key)
        const expected = new Map([...this.#walk.of(on)].filter(([key]) => !seeds.has(key)))
        checkSameRows(`memory of context ${who}: ${on}`, inMemory, expected, {
          mayLack: mode === 'on-demand',
        })
        if (!this.#isPending(app)) this.#checkVirtual(who, app, on)
      }
      if (this.#isPending(app) || BOTH.some((on) => this.#seedsOf(app, on).size > 0)) continue
      for (const live of app.queries) {
        await this.#checkQuery(who, app, live)
        const { on } = live.shape
        if (this.#program[on].mode === 'on-demand') this.#arrivals.look(live, app.rows(on), this.#walk.of(on))
      }
    }
  }

  /** What live queries show comes from the server, and not from what is left on disk. */
  #isAnsweredByServer(on: On): boolean {
    return (
      !this.#servers[on].isAway &&
      this.#apps.some(({ sources, hasEnded }) => {
        const source = sources.get(on)
        return !hasEnded && source?.isCache === true && source.isRunning
      })
    )
  }

  /** Seeds are there until the log or a source has spoken; a source that can be asked for all rows has. */
  #seedsOf(app: App, on: On): ReadonlySet<Key> {
    const { status } = app.rows(on)
    const seeds = status === 'cleaned-up' ? new Set<Key>() : app.seeds(on)
    if (status === 'ready' && !this.#hasSource(on))
      for (const key of seeds)
        must(
          app.hydrated[on].has(key),
          () => `B4: row ${String(key)} of ${on} is initialData, and the log does not have it`,
        )
    if (seeds.size === 0 || !this.#hasSource(on) || this.#program[on].mode === 'on-demand') return seeds
    must(this.#servers[on].isAway, () => `B4: ${on} has seeds ${[...seeds].join(', ')}, and its source works`)
    this.#branches.reached('a seed stayed, because its source could not be asked')
    return seeds
  }

  /** What TanStack DB says of rows when nothing is under way, as in memory. */
  #checkVirtual(who: number, app: App, on: On): void {
    for (const row of app.rows(on).values() as Iterable<Virtual>) {
      const { $synced, $hasPendingWrites, $origin } = row
      const isRight = $synced && !$hasPendingWrites && (this.#hasSource(on) || $origin === 'local')
      must(
        isRight,
        () =>
          `row ${String(row.$key)} of ${on} in context ${who} is $synced ${$synced}, $hasPendingWrites ${$hasPendingWrites}, $origin ${$origin}`,
      )
    }
  }

  /** The rows on disk are those of another identity. */
  #isForeign(on: On): boolean {
    const states = this.#walk.states(on)
    return states.has(IDENTITY) && states.get(IDENTITY) !== `user ${this.#identities[on]}`
  }

  /** The rows on disk are all that there were. */
  #isComplete(on: On): boolean {
    return !this.#isForeign(on) && this.#walk.states(on).get(COMPLETE) === true
  }

  #checkSource(on: On, rows: ReadonlyMap<Key, object>): void {
    const server = this.#servers[on]
    const { mode } = this.#program[on]
    const states = this.#walk.states(on)
    const isForeign = this.#isForeign(on)
    checkMarks(on, states, rows, this.#records[on], server)
    checkConfirmed(this.#calls, on, [server, ...this.#formerServers[on]])
    const owner = this.#apps.find((app) => !app.hasEnded && app.sources.get(on)?.isRunning === true)
    const isRunning = owner !== undefined
    if (owner !== undefined) {
      const before = this.#owners.get(on)
      if (before !== undefined && before !== owner)
        this.#branches.reached('another context took over the source')
      this.#owners.set(on, owner)
    }
    const isBehind = owner?.sources.get(on)?.waitsForHandlers === true && this.#isPending(owner)
    if (
      !server.isAway &&
      isRunning &&
      !isBehind &&
      !isForeign &&
      (mode === 'eager' || this.#hearsEverything(on))
    )
      checkSameRows(`the log of ${on}`, rows, server.rows, { mayLack: mode === 'on-demand' })
    for (const [who, app] of this.#apps.entries()) {
      const { status } = app.rows(on)
      const isComplete = this.#isComplete(on)
      if (mode === 'on-demand' || app.hasEnded || this.#isPending(app) || status === 'cleaned-up') continue
      if (server.isAway && isComplete) {
        must(status === 'ready', () => `${on} of context ${who} is complete on disk, and ${status}`)
        this.#branches.reached('a collection was ready without its source')
      }
      if (server.isAway && !isComplete && status !== 'ready')
        this.#branches.reached('a collection was not ready without its source')
      if (!server.isAway && status !== 'idle')
        must(status === 'ready', () => `${on} of context ${who} is ${status}, and its source works`)
    }
  }

  /** Its source is told of what becomes of rows that it does not have. */
  #hearsEverything(on: On): boolean {
    const { source } = this.#program[on]
    return !this.#isOthers && source?.pushes === 'everything' && source.resumes === 'token'
  }

  async #checkQuery(who: number, app: App, live: LiveQuery): Promise<void> {
    const { status, isLoadingSubset } = live.query
    // Without its source nobody can tell; and a query that failed with it does not come back.
    if (status === 'loading' && BOTH.some((on) => this.#servers[on].isAway)) return
    if ((status === 'loading' || isLoadingSubset) && BOTH.some((on) => this.#waitsForHandler(on))) return
    if (status === 'error' && (this.#mayHaveFailed || app.version < this.#version)) return
    const hasUnloaded = BOTH.some((on) => this.#isPartial(app, on))
    await checkLiveQuery(`context ${who}`, live, {
      reference: this.#reference,
      pair: app.collections,
      hasUnloaded,
      branches: this.#branches,
    })
  }

  /** Whether rows of an on-demand collection are not in memory. */
  #isPartial(app: App, on: On): boolean {
    return (
      this.#program[on].mode === 'on-demand' && [...this.#walk.of(on).keys()].some((key) => !app.has(on, key))
    )
  }

  /** The rows on disk, read while nothing was appended. */
  async #onDiskAtRest(): Promise<Record<On, Map<Key, object>>> {
    for (;;) {
      const head = this.#head
      const disk = { a: await this.#onDisk('a'), b: await this.#onDisk('b') }
      if (this.#head === head) return disk
      // Something was appended meanwhile: they are read again.
      await this.#rest()
    }
  }

  async #onDisk(on: On): Promise<Map<Key, object>> {
    const { journal } = (this.#apps.find(({ hasEnded }) => !hasEnded) as App).daybook
    const { rows } = await this.#settled('query()', journal.query(on))
    return new Map(
      rows.map(({ key, value, notes }) => {
        const parsed = notes === null ? undefined : (JSON.parse(notes) as Note[])
        return [decodeKey(key), decodeValue(JSON.parse(value) as Json, parsed) as object]
      }),
    )
  }

  /** What a promise of ours settles with; one that never settles is a broken promise. */
  async #settled<T>(what: string, promise: Promise<T>): Promise<T> {
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined
    promise.then(
      (value) => {
        outcome = { value }
      },
      (error: unknown) => {
        outcome = { error }
      },
    )
    for (let passed = 0; outcome === undefined && passed < LONGEST_WAIT; passed += LOOK) {
      await this.#pass(LOOK)
      // What takes longer waits for messages that are sent again.
      if (passed > 1000) await this.#pass(500)
    }
    must(outcome !== undefined, () => `${what} never came to an end`)
    const settled = outcome as unknown as { readonly value: T } | { readonly error: unknown }
    if ('error' in settled) throw settled.error
    return settled.value
  }
}
