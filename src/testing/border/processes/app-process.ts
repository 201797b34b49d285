/** One app of a program, in a process of its own: real time, a real file, and nothing shared with the others but that. */

import { runOf } from '../../../runtime/collections/follow.js'
import type { Daybook } from '../../../runtime/daybook/daybook.js'
import { internalsOf } from '../../../runtime/daybook/internals.js'
import type { Key } from '../../../values/key.js'
import { App, type Waiting } from '../app.js'
import { BorderBranches } from '../branches.js'
import { type Call, Calls, codeOf } from '../calls.js'
import { checkLiveQuery } from '../check-query.js'
import { BrokenPromise } from '../checks.js'
import { plain } from '../plain.js'
import { BOTH, type Step } from '../program.js'
import { Reference } from '../reference.js'
import { BorderServer } from '../server.js'
import { SourceRecord } from '../source.js'
import { uncalledRows } from '../values.js'
import type { Order, Report, RowsOf } from './messages.js'

/** How often it looks whether everything is done, in ms, and how long that may take. */
const LOOK = 5
const LONGEST_REST = 20_000
/** How long a debounced mutation may wait, in ms. */
const QUIET = 60

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface AppProcessParts {
  /** Opens a file, as an app does. */
  readonly open: (file: string) => Daybook
  /** Tells the machine, at once: a kill must not take it back. */
  readonly tell: (report: Report) => void
}

export class AppProcess {
  readonly #parts: AppProcessParts
  readonly #branches = new BorderBranches()
  #app: App | undefined
  #calls = new Calls()
  #waiting: Waiting[] = []
  #reference = new Reference()
  #initial = 0

  constructor(parts: AppProcessParts) {
    this.#parts = parts
  }

  /** Carries out an order. */
  async take(order: Order): Promise<void> {
    try {
      if ('begin' in order) await this.#begin(order.begin)
      else if ('step' in order) await this.#step(order.step)
      else if ('rest' in order) await this.#rest(order.rest)
      else if ('look' in order) await this.#look(order.look)
      else await this.#close(order.close)
    } catch (error) {
      this.#parts.tell({ error: String((error as Error)?.stack ?? error) })
    }
  }

  async #begin({ id, file, shapes, from }: Extract<Order, { begin: object }>['begin']): Promise<void> {
    const { tell } = this.#parts
    this.#calls = new Calls(from, (call) => tell({ call: toTell(call) }))
    this.#waiting = []
    this.#reference = new Reference()
    this.#initial = from
    const daybook = this.#parts.open(file)
    const nothing = (): undefined => undefined
    this.#app = new App({
      handle: { daybook, kill: nothing, end: nothing },
      shapes,
      calls: this.#calls,
      branches: this.#branches,
      waiting: this.#waiting,
      errors: reporting(tell),
      servers: { a: new BorderServer(), b: new BorderServer() },
      records: { a: new SourceRecord(), b: new SourceRecord() },
      identities: { a: 0, b: 0 },
      makeSource: () => {
        throw new TypeError('Programs of several processes have no sources.')
      },
      isClients: shapes.a.initial + shapes.b.initial > 0,
      version: 1,
      initialRows: (on) => uncalledRows([1, 2, 3].slice(0, shapes[on].initial), ++this.#initial),
    })
    await daybook.ready
    tell({ begun: id })
  }

  get #running(): App {
    if (this.#app === undefined) throw new TypeError('No program has begun.')
    return this.#app
  }

  async #step(step: Step): Promise<void> {
    const app = this.#running
    if (app.take(step)) return
    switch (step.do) {
      case 'drop':
        return void (await app.daybook.drop(step.on))
      case 'time':
        return pause(Math.min(step.ms, QUIET))
      case 'turns':
        for (let n = 0; n < step.count; n++) await undefined
    }
  }

  async #rest({ id, head }: Extract<Order, { rest: object }>['rest']): Promise<void> {
    let quiet = 0
    for (let passed = 0; quiet < QUIET; passed += LOOK) {
      for (const waiting of this.#waiting.splice(0)) waiting.finish()
      await pause(LOOK)
      const under = this.#underWay(head)
      quiet = under === undefined ? quiet + LOOK : 0
      if (passed > LONGEST_REST) throw new BrokenPromise(`it never came to rest: ${under}`)
    }
    this.#parts.tell({ rested: id })
  }

  #underWay(head: number): string | undefined {
    const { daybook, queries, collections } = this.#running
    const position = internalsOf(daybook).tail.position?.seq
    if (position !== undefined && position < head) return `it is at ${position}, the log at ${head}`
    const pending = this.#calls.all.find(({ outcome }) => outcome === 'pending')
    if (pending !== undefined)
      return `call ${pending.mark} (${pending.kind} of ${String(pending.key)} in ${pending.on}) is pending`
    for (const on of BOTH) {
      const rows = collections[on]
      const isUsed = rows.status !== 'cleaned-up'
      if (isUsed && (runOf(rows)?.isLoading === true || rows.status === 'loading' || rows.isLoadingSubset))
        return `${on} is loading`
    }
    const loading = queries.find(
      ({ query }) => query.status === 'loading' || (query.status !== 'error' && query.isLoadingSubset),
    )
    return loading && `query ${JSON.stringify(loading.shape)} is loading`
  }

  async #look({ id, rows }: Extract<Order, { look: object }>['look']): Promise<void> {
    const app = this.#running
    for (const on of BOTH) this.#reference.show(on, new Map(rows[on]))
    for (const live of app.queries) this.#reference.queryLike(live)
    // New ones among them show their rows a turn later.
    await pause(0)
    const faults: string[] = []
    for (const live of app.queries) {
      try {
        await checkLiveQuery('it', live, {
          reference: this.#reference,
          pair: app.collections,
          hasUnloaded: BOTH.some((on) => rows[on].some(([key]) => !app.has(on, key))),
          branches: this.#branches,
        })
      } catch (error) {
        if (!(error instanceof BrokenPromise)) throw error
        faults.push(error.message)
      }
    }
    this.#parts.tell({ looked: id, rows: this.#rows(), faults })
  }

  #rows(): Partial<RowsOf> {
    const { collections } = this.#running
    const ready = BOTH.filter((on) => collections[on].status === 'ready')
    return Object.fromEntries(
      ready.map((on) => [
        on,
        Array.from(collections[on].entries() as Iterable<[Key, object]>, ([key, row]) => [key, plain(row)]),
      ]),
    )
  }

  async #close(id: number): Promise<void> {
    const app = this.#running
    app.isClosing = true
    await app.daybook.close({ timeout: 1000 })
    app.end()
    this.#parts.tell({ closed: id })
  }
}

/** An array that tells of what is put into it. */
function reporting(tell: AppProcessParts['tell']): unknown[] {
  const errors: unknown[] = []
  errors.push = (...more) => {
    for (const error of more) tell({ error: `${codeOf(error)} ${String((error as Error)?.stack ?? error)}` })
    return 0
  }
  return errors
}

const toTell = (call: Call): Call =>
  typeof call.outcome === 'string'
    ? { ...call }
    : { ...call, outcome: { refused: { code: codeOf(call.outcome.refused) } } }
