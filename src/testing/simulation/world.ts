/** A browser in which anything happens to tabs, workers, messages and the disk while they write. */

import type { Connection } from '../../drivers/driver.js'
import { NoLeaderError } from '../../errors.js'
import { leaderLock } from '../../runtime/browser/messages.js'
import type { Verification } from '../../runtime/journal/verification.js'
// Loaded by the library when it is first asked for, which takes real time, and virtual time would not wait for it.
import '../../runtime/verify.js'
import { commits, type FaultKind, faultyConnection } from '../faulty-connection.js'
import { Archive, type ArchivedEntry, entriesOf, opsOf } from './archive.js'
import type { Branches } from './branches.js'
import { type Call, Calls, codeOf, marksOf } from './calls.js'
import { checkEntries, checkRefused, checkRows, checkTold, must } from './check.js'
import { Network } from './network.js'
import { randomFrom } from './random.js'
import type { Happening, Scenario, StatementFault } from './scenario.js'
import { diskStorage, fileStorage } from './storage.js'
import { turn, VirtualClock } from './virtual-clock.js'
import { VirtualLocks } from './virtual-locks.js'
import { type Browser, type LeaderHandle, NAME, VirtualPage } from './virtual-page.js'
import { Witness } from './witness.js'

interface Tab {
  readonly page: VirtualPage
  isCached: boolean
}

type TabHappening = Extract<Happening, { readonly who: number }>
type Power = Extract<Happening, { readonly do: 'power' }>

/** The most that time moves at once while anything is under way, in ms; no more than a statement or two take. */
const SLICE = 50

/** Turns of the event loop that are given after each move of time, unless everything stands still sooner. */
const TURNS = 12

/** In this time everything settles when nothing disturbs it any more: every repeat and every timer has come. */
const SETTLING = 30_000

/** How long a slow statement takes, in ms: longer than a call is waited for before it is sent again. */
const SLOW = 1500

export class World {
  readonly #clock = new VirtualClock()
  readonly #branches: Branches
  readonly #browser: Browser
  readonly #archive = new Archive()
  readonly #tabs: Tab[] = []
  readonly #calls = new Calls()
  readonly #leaders = new Set<string>()
  /** Workers whose lock the browser gave away, because it took them for dead; before long they are. */
  readonly #deposed: string[] = []
  /** Faults that wait for their statement. */
  #armed: { fault: StatementFault; on: 'any' | 'commit'; left: number }[] = []
  /** The power fails when the disk says so. */
  #armedPower: Power | undefined
  #isFaulty = true
  /** The disk failed, was full or locked: writes may be refused, rows not load, and it may be said to nobody in particular. */
  #mayRefuse = false
  /** A leader stood still, or messages got lost: whoever opened meanwhile may have given up. */
  #mayGiveUp: boolean
  /** Calls that were pending at a commit of which nobody knows whether it took effect. */
  readonly #unknown = new Set<Call>()
  readonly #contexts: number
  #opened = 0
  /** Steps that met somebody. */
  steps = 0

  constructor({ storage, durability, contexts, fates }: Scenario, branches: Branches) {
    this.#branches = branches
    this.#contexts = contexts
    this.#mayGiveUp = fates.some((fate) => fate.length === 0)
    let next = 0
    const network = new Network({
      fate: () => this.#fate(fates[next++ % fates.length] as readonly number[]),
      after: (ms, deliver) => void (ms === 0 ? queueMicrotask(deliver) : this.#clock.after(ms, deliver)),
    })
    this.#browser = {
      clock: this.#clock,
      locks: new VirtualLocks(),
      network,
      storage: storage === 'disk' ? diskStorage(durability) : fileStorage(),
      durability,
      witness: new Witness(branches, (leader) => this.#led(leader)),
      between: (connection, leader) => this.#between(connection, leader),
      delay: () => (this.#take('', (fault) => fault === 'slow') === undefined ? 0 : SLOW),
    }
  }

  /** Calls that were acknowledged. */
  get acknowledged(): number {
    return this.#calls.all.filter(({ outcome }) => outcome === 'kept').length
  }

  async happen(step: Happening): Promise<void> {
    const living = this.#tabs.filter(({ page }) => !page.hasEnded)
    if (step.do === 'open') {
      if (living.length >= this.#contexts) return
      this.#open()
    } else if (step.do === 'time') await this.#pass(step.ms)
    else if (step.do === 'fault') this.#armed.push({ fault: step.fault, on: step.on, left: step.at })
    else if (step.do === 'loseLock') this.#loseLock()
    else if (step.do === 'power') await this.#powerFails(step)
    else {
      const tab = living[step.who % Math.max(1, living.length)]
      if (tab === undefined) return
      this.#act(step, tab)
      await turn()
    }
    this.steps++
  }

  /** Every tab goes on, nothing disturbs any more: everything settles, and is as it was promised. */
  async settle(): Promise<void> {
    this.#isFaulty = false
    this.#armed = []
    await this.#takeTurns()
    this.#armedPower = undefined
    this.#browser.storage.disk?.failAfter(Number.POSITIVE_INFINITY)
    for (const tab of this.#tabs) {
      if (tab.isCached) this.#act({ do: 'restore', who: 0 }, tab)
      else this.#thaw(tab.page)
    }
    for (const { page } of this.#tabs) for (const worker of this.#deposed) page.killWorker(worker)
    if (this.#tabs.every(({ page }) => page.hasEnded)) this.#open()
    await this.#pass(SETTLING)
    const living = await this.#living()
    if (living.size === 0) {
      living.add(this.#open())
      await this.#pass(SETTLING)
    }
    const entries = await this.#entries()
    checkEntries(entries, this.#calls)
    checkRefused(entries, this.#calls, this.#mayRefuse)
    checkTold(living, this.#calls, this.#mayRefuse)
    checkRows(living, entries, this.#mayRefuse)
    await this.#verify(living)
  }

  async close(): Promise<void> {
    for (const { page } of this.#tabs) if (!page.hasEnded) page.crash()
    await turn()
    this.#browser.storage.remove()
  }

  /** Tabs that are there and work: not those that could not open the database, which is told to them. */
  async #living(): Promise<Set<VirtualPage>> {
    const living = new Set<VirtualPage>()
    for (const { page } of this.#tabs) {
      if (page.hasEnded) continue
      const refusal = await this.#outcome('opening', page.daybook.ready)
      if (refusal === undefined) living.add(page)
      else if (refusal instanceof NoLeaderError) must(this.#mayGiveUp, () => 'a tab found no leader')
      else must(this.#mayRefuse, () => `a tab could not open: ${codeOf(refusal)}`)
    }
    return living
  }

  async #verify(living: ReadonlySet<VirtualPage>): Promise<void> {
    for (const { daybook } of [...living].slice(0, 1)) {
      let found: Verification | undefined
      const failed = await this.#outcome(
        'verify()',
        daybook.verify().then((verification) => {
          found = verification
        }),
      )
      must(failed === undefined, () => `verify() fails: ${codeOf(failed)}`)
      const { findings = [] } = found ?? {}
      must(findings.length === 0, () => `verify() finds ${JSON.stringify(findings)}`)
    }
  }

  /** Why something is refused, or nothing. That it never settles would stop the simulation without a word. */
  async #outcome(what: string, promise: Promise<unknown>): Promise<unknown> {
    let settled: { readonly refusal: unknown } | undefined
    promise.then(
      () => {
        settled = { refusal: undefined }
      },
      (refusal: unknown) => {
        settled = { refusal }
      },
    )
    for (let n = 0; n < 100 && settled === undefined; n++) await this.#pass(SETTLING / 100)
    must(settled !== undefined, () => `${what} never came to an end`)
    return settled?.refusal
  }

  /** The log from its first entry. */
  async #entries(): Promise<ArchivedEntry[]> {
    return this.#archive.whole(await this.#browser.storage.look(entriesOf))
  }

  #open(): VirtualPage {
    const page = new VirtualPage(this.#browser, `tab-${++this.#opened}`)
    this.#tabs.push({ page, isCached: false })
    return page
  }

  #act(step: TabHappening, tab: Tab): void {
    const { page } = tab
    if (step.do === 'restore') {
      if (tab.isCached) {
        page.restore()
        this.#branches.reached('a tab came back from the back/forward cache')
      }
      tab.isCached = false
    } else if (tab.isCached) {
      // The browser may throw it out of the cache; nothing else happens to it there.
      if (step.do === 'crash') page.crash()
    } else if (step.do === 'thaw') this.#thaw(page)
    else if (step.do === 'crash') page.crash()
    else if (step.do === 'killWorker') {
      // The next worker is waited for as long again, and `openTimeout` goes on.
      this.#mayGiveUp ||= page.daybook.status.role === 'opening'
      page.killWorker()
    } else if (!page.isRunning) return
    else if (step.do === 'freeze') {
      page.freeze(step.whole)
      this.#mayGiveUp ||= step.whole
    } else if (step.do === 'show') page.show(step.visible)
    else if (step.do === 'leave') page.leave()
    else if (step.do === 'cache') {
      page.cache()
      tab.isCached = true
    } else this.#ask(step, page)
  }

  #thaw(page: VirtualPage): void {
    if (!page.isRunning && !page.hasEnded) this.#branches.reached('a frozen tab woke')
    page.thaw()
  }

  #ask(step: TabHappening, page: VirtualPage): void {
    const { rows } = page
    // A collection whose rows could not be loaded takes none.
    if (rows.status === 'error') return
    if (step.do === 'compact') this.#compact(page)
    else if (step.do === 'write') for (let n = 0; n < step.rows; n++) this.#write(page)
    else if (step.do === 'set') this.#set(page, `hot-${step.key}`, `f${step.field}`)
    else if (step.do === 'delete') {
      const row = `hot-${step.key}`
      if (!rows.has(row)) return
      this.#follow(this.#calls.add({ page, kind: 'delete', row }), () => rows.delete(row))
    }
  }

  #write(page: VirtualPage): void {
    const row = `row-${this.#calls.all.length + 1}`
    const call = this.#calls.add({ page, kind: 'write', row })
    this.#follow(call, () => page.rows.insert({ id: row, mark: call.mark }))
  }

  #set(page: VirtualPage, row: string, field: string): void {
    const { rows } = page
    if (this.#calls.pending.some((other) => other.row === row && other.page !== page)) {
      this.#branches.reached('two tabs changed one row at once')
    }
    const call = this.#calls.add({ page, kind: 'set', row })
    this.#follow(call, () =>
      rows.has(row)
        ? rows.update(row, (draft: Record<string, unknown>) => {
            draft[field] = call.mark
          })
        : rows.insert({ id: row, [field]: call.mark }),
    )
  }

  #follow(call: Call, ask: () => { readonly isPersisted: { readonly promise: Promise<unknown> } }): void {
    ask().isPersisted.promise.then(
      () => {
        call.outcome = 'kept'
        if (this.#unknown.delete(call)) this.#branches.reached('a commit was unknown, and resolved')
      },
      (refused: unknown) => {
        call.outcome = { refused }
        if (!call.page.hasEnded) this.#branches.reached('a tab was told that its write was refused')
      },
    )
  }

  #compact(page: VirtualPage): void {
    page.daybook.compact().then(
      () => this.#branches.reached('a checkpoint was written, and the log trimmed'),
      (error: unknown) => page.errors.push(error),
    )
  }

  #led(leader: string): void {
    if (this.#leaders.has(leader)) return
    this.#leaders.add(leader)
    if (this.#leaders.size > 1 && this.#calls.pending.length > 0) {
      this.#branches.reached('a leader took over while appends were pending')
    }
  }

  #loseLock(): void {
    // Of a disk that only one can have open there is no second leader.
    if (this.#browser.storage.disk !== undefined) return
    const deposed = this.#browser.locks.forget(leaderLock(NAME))
    if (deposed === undefined) return
    this.#deposed.push(deposed)
    this.#mayRefuse = true
    this.#mayGiveUp = true
  }

  #fate(fate: readonly number[]): readonly number[] {
    if (!this.#isFaulty) return [0]
    if (fate.length === 0) this.#branches.reached('messages were lost')
    if (fate.length > 1) this.#branches.reached('messages came twice')
    return fate
  }

  /** The fault that is due at this statement. */
  #take(sql: string, isWanted: (fault: StatementFault) => boolean): StatementFault | undefined {
    for (const armed of this.#armed) {
      if (!isWanted(armed.fault) || (armed.on === 'commit' && sql !== '' && !commits(sql))) continue
      if (--armed.left > 0) continue
      this.#armed = this.#armed.filter((other) => other !== armed)
      return armed.fault
    }
    return undefined
  }

  #between(connection: Connection, leader: LeaderHandle): Connection {
    let death: () => void = leader.killWorker
    const faulty = faultyConnection(
      this.#archive.of(connection),
      (sql) => {
        // SQLite rolls back in memory: that does not fail.
        if (sql === 'ROLLBACK') return undefined
        const fault = this.#take(sql, (each) => each !== 'slow')
        if (fault?.startsWith('tab crashes') === true) death = leader.crash
        return fault && this.#faultAt(fault, sql, connection, leader)
      },
      () => death(),
    )
    return faulty.connection
  }

  #faultAt(
    fault: StatementFault,
    sql: string,
    connection: Connection,
    leader: LeaderHandle,
  ): FaultKind | undefined {
    switch (fault) {
      case 'slow':
        return undefined
      case 'lock is lost':
        this.#loseLock()
        return undefined
      case 'tab freezes':
        leader.freeze()
        this.#mayGiveUp = true
        return undefined
      case 'dies before':
      case 'tab crashes before':
        this.#mayGiveUp = true
        if (connection.inTransaction()) this.#branches.reached('a worker died in an open transaction')
        return 'dies before'
      case 'dies after':
      case 'tab crashes after':
        this.#mayGiveUp = true
        if (commits(sql)) this.#branches.reached('a worker died between a commit and its answer')
        return 'dies after'
      case 'commit unknown':
        if (commits(sql)) for (const call of this.#calls.pending) this.#unknown.add(call)
    }
    this.#mayRefuse = true
    this.#mayGiveUp = true
    if (!leader.isServing() && fault.startsWith('fails')) {
      this.#branches.reached('a leader could not open the database, and another try did')
    }
    return fault
  }

  async #powerFails(step: Power): Promise<void> {
    const { disk } = this.#browser.storage
    if (disk === undefined) return
    if (step.at === 0) return this.#cutPower(step)
    this.#armedPower = step
    disk.failAfter(step.at)
    // What is written while it fails is refused, unless nobody is left to hear of it.
    this.#mayRefuse = true
    this.#mayGiveUp = true
  }

  /** Everything ends at once, and what was not synced may be gone. */
  async #cutPower({ loss, dice }: Power): Promise<void> {
    const { storage, durability } = this.#browser
    for (const { page } of this.#tabs) if (!page.hasEnded) page.crash()
    await turn()
    const before = await this.#entries()
    checkEntries(before, this.#calls)
    storage.disk?.cut(loss, randomFrom(dice))
    const after = this.#archive.whole(await storage.look(entriesOf))
    for (const { seq, checksum } of after) {
      must(before[seq - 1]?.checksum === checksum, () => `entry ${seq} is another one after the power cut`)
    }
    const lost = before.slice(after.length)
    this.#archive.rewind(after.length)
    this.#branches.reached(
      lost.length > 0
        ? 'the power failed, and unsynced entries were lost'
        : 'the power failed, and every entry was kept',
    )
    const gone = new Set(lost.flatMap((entry) => marksOf(opsOf(entry))))
    for (const call of this.#calls.promised) {
      if (!gone.has(call.mark)) continue
      must(durability === 'process', () => `L8: the power cut took call ${call.mark}, which was acknowledged`)
      call.outcome = 'lost'
    }
  }

  async #pass(ms: number): Promise<void> {
    const end = this.#clock.now() + ms
    for (;;) {
      await this.#takeTurns()
      const left = end - this.#clock.now()
      if (left <= 0) return
      // Where nothing is under way, nothing happens before the next timer.
      const slice = this.#isWorking ? SLICE : Math.max(1, this.#clock.untilNext)
      await this.#clock.advance(Math.min(slice, left))
    }
  }

  get #isWorking(): boolean {
    return this.#tabs.some(({ page }) => page.isWorking)
  }

  async #takeTurns(): Promise<void> {
    for (let n = 0, quiet = 0; n < TURNS && quiet < 3; n++) {
      await turn()
      quiet = this.#isWorking ? 0 : quiet + 1
    }
    const power = this.#armedPower
    if (power === undefined || this.#browser.storage.disk?.isOff !== true) return
    this.#armedPower = undefined
    await this.#cutPower(power)
  }
}
