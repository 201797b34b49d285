/**
 * The machine over real processes: one app in each, on one file, in real time. It holds them to the log as it holds the
 * contexts of one process; a kill is a kill. Time is real, so that a program that fails may pass the next time.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { connectBetterSqlite3 } from '../../../drivers/better-sqlite3.js'
import type { Connection } from '../../../drivers/driver.js'
import type { Encoded } from '../../../values/value.js'
import { entriesOf } from '../../simulation/archive.js'
import { BorderBranches } from '../branches.js'
import { type Call, Calls } from '../calls.js'
import { BrokenPromise, checkSameRows, LogWalk, must } from '../checks.js'
import { programs } from '../generators.js'
import { BOTH, type Program, type Step, story } from '../program.js'
import { decodeMessage, encodeMessage, type Order, type Report, type RowsOf } from './messages.js'

/** An app in a process of its own, as the machine sees it: what it prints, a message a line. */
export interface AppLink {
  /** Everything that it has said so far. */
  readonly lines: readonly Encoded[]
  /** Resolves with the first line that fits; rejects when the process ends before it. */
  line(fits: (line: Encoded) => boolean): Promise<Encoded>
  send(order: Encoded): void
  /** SIGKILL: no handler of it runs. */
  kill(): void
  /** Resolves when it has ended, and everything that it said was heard. */
  readonly ended: Promise<unknown>
}

export interface ProcessesOptions {
  readonly seed: number
  readonly programs: number
  /** Starts an app in a process of its own, which {@link AppProcess} runs. */
  readonly spawn: () => AppLink
}

/** How many apps there are. */
const APPS = 2
/** So many marks are kept for each start of an app. */
const MARKS = 100_000
/** So many programs meet the same processes. */
const PROGRAMS_OF_A_PROCESS = 15

const DONE: ReadonlySet<Step['do']> = new Set([
  'change',
  'transaction',
  'paced',
  'write',
  'listen',
  'finish',
  'query',
  'close query',
  'window',
  'cleanup',
  'preload',
  'another object',
  'drop',
  'time',
  'turns',
  'quiet',
  'restart',
])

/** Runs programs from a seed. Answers with how many apps were killed, and how many calls were kept.
 *
 * @throws BrokenPromise
 */
export async function exploreProcesses({ seed, programs: count, spawn }: ProcessesOptions): Promise<{
  readonly kills: number
  readonly kept: number
}> {
  const apps = new Apps(spawn)
  const all = fc.sample(programs('contexts', { steps: 30, values: [], modes: ['eager', 'on-demand'] }), {
    seed,
    numRuns: count,
  })
  let kept = 0
  try {
    for (const [index, program] of all.entries()) {
      if (index % PROGRAMS_OF_A_PROCESS === 0) await apps.renew()
      try {
        kept += await new Run(program, apps).toItsEnd()
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error)
        throw new BrokenPromise(`${said}\n  seed ${seed}, program ${index}, after:\n${story(program)}`, {
          cause: error,
        })
      }
    }
  } finally {
    await apps.end()
  }
  return { kills: apps.kills, kept }
}

/** The processes, which live on from program to program. */
class Apps {
  readonly #spawn: ProcessesOptions['spawn']
  #links: AppLink[] = []
  readonly #heard = new WeakMap<AppLink, number>()
  #starts = 0
  #orders = 0
  kills = 0

  constructor(spawn: ProcessesOptions['spawn']) {
    this.#spawn = spawn
  }

  /** Other processes, from now on. */
  async renew(): Promise<void> {
    await this.end()
    this.#links = Array.from({ length: APPS }, () => this.#spawn())
  }

  /** The first mark of the next start. */
  nextFrom(): number {
    return ++this.#starts * MARKS
  }

  /** The number of an order. */
  nextNumber(): number {
    return ++this.#orders
  }

  send(which: number, order: Order): void {
    this.#link(which).send(encodeMessage(order))
  }

  /** Resolves when it has answered an order that has a number, or says what went wrong. */
  async answered(which: number, name: string, id: number): Promise<void> {
    await this.#link(which).line(({ json }) => {
      const said = json as Record<string, unknown>
      return said[name] === id || said.error !== undefined
    })
  }

  /** What it has said since the last time. */
  *news(which: number): Iterable<Report> {
    const link = this.#link(which)
    const from = this.#heard.get(link) ?? 0
    this.#heard.set(link, link.lines.length)
    for (const line of link.lines.slice(from)) yield decodeMessage<Report>(line)
  }

  /** Kills one; what it had said can be heard until it is replaced. */
  async kill(which: number): Promise<void> {
    this.kills++
    this.#link(which).kill()
    await this.#link(which).ended
  }

  replace(which: number): void {
    this.#links[which] = this.#spawn()
  }

  async end(): Promise<void> {
    for (const link of this.#links) link.kill()
    await Promise.all(this.#links.map(({ ended }) => ended))
    this.#links = []
  }

  #link(which: number): AppLink {
    return this.#links[which] as AppLink
  }
}

type Looked = Extract<Report, { looked: number }>

class Run {
  readonly #program: Program
  readonly #apps: Apps
  readonly #folder = mkdtempSync(join(tmpdir(), 'daybook-border-'))
  readonly #file = join(this.#folder, 'daybook.db')
  readonly #calls = new Calls()
  readonly #byMark = new Map<number, Call>()
  readonly #walk = new LogWalk(this.#calls, new BorderBranches(), new Set())
  readonly #origins: Set<string>[] = Array.from({ length: APPS }, () => new Set())
  #connection: Connection | undefined
  #looked: Looked | undefined
  #seq = 0

  constructor(program: Program, apps: Apps) {
    this.#program = program
    this.#apps = apps
  }

  /** Answers with how many calls were kept. */
  async toItsEnd(): Promise<number> {
    try {
      await Promise.all(Array.from({ length: APPS }, (_, which) => this.#begin(which)))
      for (const step of this.#program.steps) if (DONE.has(step.do)) await this.#take(step)
      await this.#check()
      for (let which = 0; which < APPS; which++) await this.#close(which)
      return this.#calls.all.filter(({ outcome }) => outcome === 'kept').length
    } finally {
      void this.#connection?.close()
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  /** Resolves when it has the file open: the first one puts it where it is to be. */
  async #begin(which: number): Promise<void> {
    const { a, b } = this.#program
    const id = this.#apps.nextNumber()
    const from = this.#apps.nextFrom()
    this.#apps.send(which, { begin: { id, file: this.#file, shapes: { a, b }, from } })
    await this.#apps.answered(which, 'begun', id)
    this.#hear(which)
  }

  async #take(step: Step): Promise<void> {
    if (step.do === 'quiet') return this.#check()
    const which = ('who' in step ? step.who : 'which' in step ? step.which : 0) % APPS
    if (step.do === 'restart') {
      if (step.how === 'close') await this.#close(which)
      else {
        await this.#apps.kill(which)
        this.#hear(which)
        this.#apps.replace(which)
        this.#lose(which)
      }
      await this.#begin(which)
      return
    }
    // A handler that never ends would leave calls that nobody can wait for.
    const order =
      step.do === 'change' && step.handler === 'hangs' ? { ...step, handler: 'waits' as const } : step
    this.#apps.send(which, { step: order })
  }

  async #close(which: number): Promise<void> {
    const id = this.#apps.nextNumber()
    this.#apps.send(which, { close: id })
    await this.#apps.answered(which, 'closed', id)
    this.#hear(which)
    this.#lose(which)
  }

  /** What it had asked for may be in the log or not. */
  #lose(which: number): void {
    for (const origin of this.#origins[which] ?? []) this.#calls.lose(origin)
  }

  #hear(which: number): void {
    for (const report of this.#apps.news(which)) {
      if ('error' in report) throw new BrokenPromise(`process ${which}: ${report.error}`)
      if ('call' in report) this.#hearOf(which, report.call)
      if ('looked' in report) this.#looked = report
    }
  }

  #hearOf(which: number, call: Call): void {
    this.#origins[which]?.add(call.origin)
    const known = this.#byMark.get(call.mark)
    if (known === undefined) this.#byMark.set(call.mark, Object.assign(this.#calls.add(call), call))
    else if (known.outcome === 'pending') known.outcome = call.outcome
  }

  async #check(): Promise<void> {
    await this.#rest()
    this.#read()
    this.#walk.checkCalls()
    const rows = Object.fromEntries(BOTH.map((on) => [on, [...this.#walk.of(on)]])) as unknown as RowsOf
    for (let which = 0; which < APPS; which++) {
      const id = this.#apps.nextNumber()
      this.#apps.send(which, { look: { id, rows } })
      await this.#apps.answered(which, 'looked', id)
      this.#hear(which)
      const { rows: shown, faults } = this.#looked as Looked
      for (const on of BOTH) {
        const own = shown[on]
        if (own === undefined) continue
        checkSameRows(`process ${which}: ${on}`, new Map(own), this.#walk.of(on), {
          mayLack: this.#program[on].mode === 'on-demand',
        })
      }
      must(faults.length === 0, () => `process ${which}: ${faults[0]}`)
    }
  }

  /** Resolves when nothing is under way in any app, and the log has not grown since. */
  async #rest(): Promise<void> {
    for (;;) {
      const head = this.#head
      await Promise.all(
        Array.from({ length: APPS }, async (_, which) => {
          const id = this.#apps.nextNumber()
          this.#apps.send(which, { rest: { id, head } })
          await this.#apps.answered(which, 'rested', id)
          this.#hear(which)
        }),
      )
      if (this.#head === head) return
    }
  }

  get #head(): number {
    return entriesOf(this.#look).at(-1)?.seq ?? 0
  }

  get #look(): Connection {
    this.#connection ??= connectBetterSqlite3(this.#file, { durability: 'process', busyTimeout: 5000 })
    return this.#connection
  }

  #read(): void {
    for (const entry of entriesOf(this.#look)) {
      if (entry.seq <= this.#seq) continue
      this.#seq = entry.seq
      this.#walk.take(entry)
    }
  }
}
