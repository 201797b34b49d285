/** A tab: the real page, worker, leader and follower code, on virtual locks, time and channels, over a real database. */

import { createCollection } from '@tanstack/db'
import type { Connection } from '../../drivers/driver.js'
import { createDriver } from '../../drivers/runner.js'
import type { Durability } from '../../drivers/settings.js'
import { wipe } from '../../materializer/wipe.js'
import { BrowserDaybook } from '../../runtime/browser/browser-daybook.js'
import { leadFrom } from '../../runtime/browser/leader.js'
import type { PageSurroundings, WorkerSurroundings } from '../../runtime/browser/surroundings.js'
import type { Clock } from '../../runtime/clock.js'
import { persistedCollectionOptions } from '../../runtime/collections/options.js'
import type { PageLink } from '../../runtime/journal/broadcast-channel.js'
import type { Hub } from '../../runtime/journal/channel.js'
import { unpack } from '../../runtime/journal/port-channel.js'
import type { Announcement, Answer } from '../../runtime/journal/protocol.js'
import type { Network } from './network.js'
import type { Storage } from './storage.js'
import { VirtualContext } from './virtual-context.js'
import type { VirtualLocks } from './virtual-locks.js'
import type { Witness } from './witness.js'

/** The daybook that all tabs open. */
export const NAME = 'simulated'

/** What all tabs of a browser share. */
export interface Browser {
  readonly clock: Clock
  readonly locks: VirtualLocks
  readonly network: Network
  readonly storage: Storage
  readonly durability: Durability
  readonly witness: Witness
  /** Puts what is to fail between a leader and its database. */
  readonly between: (connection: Connection, leader: LeaderHandle) => Connection
  /** How long the next statement takes, in ms. */
  readonly delay: () => number
}

/** What can be done to a leader at one of its statements. */
export interface LeaderHandle {
  readonly killWorker: () => void
  readonly crash: () => void
  readonly freeze: () => void
  /** Whether it has opened the database, and said so. */
  readonly isServing: () => boolean
}

export interface Row {
  readonly id: string
  readonly [field: string]: unknown
}

type Listener = (event: { data: unknown }) => void

export class VirtualPage {
  readonly #browser: Browser
  readonly #context: VirtualContext
  readonly #window = new EventTarget()
  readonly #document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  #workers: VirtualWorker[] = []
  #started = 0
  readonly daybook: BrowserDaybook
  readonly rows
  /** What reached nobody else. */
  readonly errors: unknown[] = []

  constructor(browser: Browser, id: string) {
    this.#browser = browser
    this.#context = new VirtualContext(id)
    const { clock, locks, durability } = browser
    const surroundings: PageSurroundings = {
      clock: this.#context.clock(clock),
      locks: locks.of(id),
      window: this.#window,
      document: this.#document,
      link: (_, context) => this.#link(context),
      missing: async () => undefined,
      remember: () => undefined,
    }
    this.daybook = new BrowserDaybook({ name: NAME, durability }, () => this.#worker(), surroundings)
    this.daybook.on('error', (error) => this.errors.push(error))
    this.rows = createCollection(
      persistedCollectionOptions({
        id: 'rows',
        getKey: ({ id }: Row) => id,
        persistence: this.daybook,
        gcTime: 0,
      }),
    )
    this.rows.startSyncImmediate()
  }

  get isRunning(): boolean {
    return this.#context.isRunning
  }

  get hasEnded(): boolean {
    return this.#context.hasEnded
  }

  /** Whether a statement of its worker is under way. */
  get isWorking(): boolean {
    return this.#workers.some((worker) => worker.isWorking)
  }

  /** Its worker dies, and the page lives on. */
  killWorker(id = this.#workers.at(-1)?.context.id): void {
    this.#workers.find(({ context }) => context.id === id)?.terminate()
  }

  /** It is gone, without a word. */
  crash(): void {
    this.#context.end()
    this.#browser.locks.end(this.#context.id)
    for (const worker of this.#workers) worker.terminate()
  }

  /** It is closed, or navigates away for good. */
  leave(): void {
    this.#hide(false)
    this.crash()
  }

  /** It goes into the back/forward cache. */
  cache(): void {
    this.#hide(true)
    this.freeze(true)
  }

  /** It comes back from there. */
  restore(): void {
    this.#goOn()
    this.#window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  }

  /** It stands still, and its worker with it if `whole`. */
  freeze(whole: boolean): void {
    this.#context.freeze()
    if (whole) for (const worker of this.#workers) worker.context.freeze()
  }

  thaw(): void {
    if (this.#context.isRunning) return
    this.#goOn()
    this.#document.dispatchEvent(new Event('resume'))
  }

  show(isVisible: boolean): void {
    this.#document.visibilityState = isVisible ? 'visible' : 'hidden'
    this.#document.dispatchEvent(new Event('visibilitychange'))
  }

  #goOn(): void {
    this.#context.thaw()
    for (const worker of this.#workers) worker.context.thaw()
  }

  #hide(persisted: boolean): void {
    this.#window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted }))
  }

  #link(context: string): PageLink {
    const { network } = this.#browser
    const link = network.link(context)
    let isSuspended = false
    return {
      send: (request) => {
        if (!isSuspended) this.#context.task(() => link.send(request))
      },
      listen: (listener) =>
        link.listen((message) => {
          if (!isSuspended) this.#context.task(() => listener(message))
        }),
      suspend: () => {
        isSuspended = true
      },
      resume: () => {
        isSuspended = false
      },
      close: () => link.close(),
    }
  }

  #worker(): Worker {
    const id = `${this.#context.id}/worker-${++this.#started}`
    const worker: VirtualWorker = new VirtualWorker(this.#browser, id, (work) => this.#context.task(work), {
      killWorker: () => worker.terminate(),
      crash: () => this.crash(),
      freeze: () => this.freeze(true),
      isServing: () => worker.isServing,
    })
    // Those that have ended are nothing any more.
    this.#workers = [...this.#workers.filter(({ context }) => !context.hasEnded), worker]
    return worker as unknown as Worker
  }
}

class VirtualWorker {
  readonly context: VirtualContext
  readonly #browser: Browser
  readonly #toPage: (work: () => void) => void
  readonly #handle: LeaderHandle
  /** Who listens: on the page's side, and on the worker's. */
  readonly #outside: Listener[] = []
  readonly #inside: Listener[] = []
  readonly #hubs: Hub[] = []
  readonly #kills: (() => void)[] = []
  #statements = 0
  isServing = false

  constructor(browser: Browser, id: string, toPage: (work: () => void) => void, handle: LeaderHandle) {
    this.context = new VirtualContext(id)
    this.#browser = browser
    this.#toPage = toPage
    this.#handle = handle
    const { witness } = browser
    const port = {
      postMessage: (message: unknown) => {
        unpack(message, (each) => {
          if (isAnnouncement(each)) {
            this.isServing = true
            witness.announced(each)
          } else if (isAnswer(each)) witness.answered(each)
        })
        this.#carry(message, this.#outside, this.#toPage)
      },
      addEventListener: (_: 'message', listener: Listener) => void this.#inside.push(listener),
      // The port of a worker is its global scope: to close that is to end the worker.
      close: () => this.terminate(),
    }
    leadFrom(port, this.#surroundings())
  }

  get isWorking(): boolean {
    return this.context.isRunning && this.#statements > 0
  }

  postMessage(message: unknown): void {
    this.#browser.witness.request(message)
    this.#carry(message, this.#inside, (work) => this.context.task(work))
  }

  addEventListener(type: string, listener: Listener): void {
    if (type === 'message') this.#outside.push(listener)
  }

  /** As if its process was killed: a transaction that is not committed is none, and nothing more is said. */
  terminate(): void {
    if (this.context.hasEnded) return
    this.context.end()
    for (const hub of this.#hubs) hub.close()
    for (const kill of this.#kills) kill()
    this.#browser.locks.end(this.context.id)
  }

  #surroundings(): WorkerSurroundings {
    const { clock, locks, storage, between } = this.#browser
    return {
      clock: this.context.clock(clock),
      locks: locks.of(this.context.id),
      hub: () => this.#hub(),
      open: async (_, openOn) => {
        const { connection, kill } = await storage.open()
        if (this.context.hasEnded) {
          kill()
          return new Promise(() => undefined)
        }
        this.#kills.push(kill)
        return openOn(createDriver(this.#slowly(between(connection, this.#handle)), { busyTimeout: 0 }))
      },
      destroy: async () => {
        const { connection } = await storage.open()
        const driver = createDriver(connection, { busyTimeout: 0 })
        await driver.transaction('write', () => wipe(undefined))
        await driver.close()
      },
    }
  }

  // Every statement takes turns; a worker that stands still does not go on in the middle of its transaction.
  #slowly(connection: Connection): Connection {
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => this.context.task(resolve)))
    const clock = this.context.clock(this.#browser.clock)
    return {
      ...connection,
      execute: async (statement, parameters) => {
        this.#statements++
        try {
          await turn()
          const ms = this.#browser.delay()
          if (ms > 0) await new Promise<void>((resolve) => void clock.after(ms, resolve))
          const rows = await connection.execute(statement, parameters)
          await turn()
          return rows
        } finally {
          this.#statements--
        }
      },
    }
  }

  #hub(): Hub {
    const { network, witness } = this.#browser
    const hub = network.hub()
    this.#hubs.push(hub)
    return {
      listen: (listener) =>
        hub.listen((message, answer) =>
          this.context.task(() => {
            witness.request(message)
            listener(message, (reply) =>
              this.context.task(() => {
                witness.answered(reply)
                answer(reply)
              }),
            )
          }),
        ),
      announce: (announcement) =>
        this.context.task(() => {
          witness.announced(announcement)
          hub.announce(announcement)
        }),
      close: () => hub.close(),
    }
  }

  #carry(message: unknown, to: readonly Listener[], deliver: (work: () => void) => void): void {
    const copy = structuredClone(message)
    queueMicrotask(() => {
      if (!this.context.hasEnded)
        deliver(() => {
          for (const listener of to) listener({ data: copy })
        })
    })
  }
}

const isAnnouncement = (message: unknown): message is Announcement =>
  typeof message === 'object' && message !== null && 'entries' in message
const isAnswer = (message: unknown): message is Answer =>
  typeof message === 'object' && message !== null && 'result' in message
