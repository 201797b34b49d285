/** A tab: the real page, worker, leader and follower code, on virtual locks, time and channels, over a real database. */

import { createCollection } from '@tanstack/db'
import type { Connection } from '../../src/drivers/driver.js'
import { createDriver } from '../../src/drivers/runner.js'
import { persistedCollectionOptions } from '../../src/index.js'
import { BrowserDaybook } from '../../src/runtime/browser/browser-daybook.js'
import { leadFrom } from '../../src/runtime/browser/leader.js'
import type { PageSurroundings, WorkerSurroundings } from '../../src/runtime/browser/surroundings.js'
import type { Clock } from '../../src/runtime/clock.js'
import type { PageLink } from '../../src/runtime/journal/broadcast-channel.js'
import type { Hub } from '../../src/runtime/journal/channel.js'
import { asynchronous, connect } from '../support/connections.js'
import type { Network } from '../support/network.js'
import { VirtualContext } from './virtual-context.js'
import type { VirtualLocks } from './virtual-locks.js'

/** What all tabs of a browser share. */
export interface Browser {
  readonly clock: Clock
  readonly locks: VirtualLocks
  readonly network: Network
  readonly file: string
}

export interface Row {
  readonly id: string
}

type Listener = (event: { data: unknown }) => void

export class VirtualPage {
  readonly #browser: Browser
  readonly #context: VirtualContext
  readonly #window = new EventTarget()
  readonly #document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  #workers: VirtualWorker[] = []
  readonly daybook: BrowserDaybook
  readonly rows
  /** What reached nobody else. */
  readonly errors: unknown[] = []

  constructor(browser: Browser, id: string) {
    this.#browser = browser
    this.#context = new VirtualContext(id)
    const { clock, locks } = browser
    const surroundings: PageSurroundings = {
      clock: this.#context.clock(clock),
      locks: locks.of(id),
      window: this.#window,
      document: this.#document,
      link: (_, context) => this.#link(context),
      missing: async () => undefined,
      remember: () => undefined,
    }
    this.daybook = new BrowserDaybook({ name: 'simulated' }, () => this.#worker(), surroundings)
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

  /** Its worker dies, and the page lives on. */
  killWorker(): void {
    this.#workers.at(-1)?.terminate()
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
    const id = `${this.#context.id}/worker-${this.#workers.length}`
    const worker = new VirtualWorker(this.#browser, id, (work) => this.#context.task(work))
    this.#workers.push(worker)
    return worker as unknown as Worker
  }
}

class VirtualWorker {
  readonly context: VirtualContext
  readonly #browser: Browser
  readonly #toPage: (work: () => void) => void
  /** Who listens: on the page's side, and on the worker's. */
  readonly #outside: Listener[] = []
  readonly #inside: Listener[] = []
  readonly #hubs: Hub[] = []
  readonly #connections: Connection[] = []

  constructor(browser: Browser, id: string, toPage: (work: () => void) => void) {
    this.context = new VirtualContext(id)
    this.#browser = browser
    this.#toPage = toPage
    const port = {
      postMessage: (message: unknown) => this.#carry(message, this.#outside, this.#toPage),
      addEventListener: (_: 'message', listener: Listener) => void this.#inside.push(listener),
    }
    leadFrom(port, this.#surroundings())
  }

  postMessage(message: unknown): void {
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
    for (const connection of this.#connections) void connection.close()
    this.#browser.locks.end(this.context.id)
  }

  #surroundings(): WorkerSurroundings {
    const { clock, locks, file } = this.#browser
    return {
      clock: this.context.clock(clock),
      locks: locks.of(this.context.id),
      hub: () => this.#hub(),
      open: async () => {
        const connection = connect(file)
        this.#connections.push(connection)
        return createDriver(asynchronous(connection, 'turn'), { busyTimeout: 1000 })
      },
    }
  }

  #hub(): Hub {
    const hub = this.#browser.network.hub()
    this.#hubs.push(hub)
    return {
      listen: (listener) =>
        hub.listen((message, answer) =>
          this.context.task(() => listener(message, (reply) => this.context.task(() => answer(reply)))),
        ),
      announce: (announcement) => this.context.task(() => hub.announce(announcement)),
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
