/**
 * A page's side of a daybook in the browser: its worker, its line to whoever leads, and what a page goes through: it is
 * hidden, frozen, put in the back/forward cache, restored.
 */

import { InvalidOptionError, StorageUnavailableError } from '../../errors.js'
import { type Clock, systemClock } from '../clock.js'
import { Daybook, type OpenedDaybook } from '../daybook.js'
import type { DaybookEvents, LeaderEvent } from '../events.js'
import { broadcastLink, type PageLink } from '../journal/broadcast-channel.js'
import { type Port, portLink } from '../journal/port-channel.js'
import { RemoteJournal } from '../journal/remote.js'
import type { Stats } from '../journal/stats.js'
import { fromWire } from '../journal/wire-error.js'
import { checkDaybookOptions, type DaybookOptions } from '../options.js'
import { Origin, randomId } from '../origin.js'
import { ContextLocks } from '../roles/context-locks.js'
import { aliveLock, leaderLock, type Start, type Told } from './messages.js'
import { type BrowserStorage, browserStorage, remember } from './storage.js'
import { webLocks } from './web-locks.js'

/** Options of a daybook in the browser. */
export interface BrowserOptions extends Omit<DaybookOptions, 'busyTimeout'> {
  /** The name of the daybook: all pages of this origin that open the same name share one database. */
  name: string
  /**
   * What to do where nothing can be kept (a private window, an old browser, no https): by default every call rejects with
   * StorageUnavailableError. `'memory'` opens a database of this page alone, which is forgotten with it; `status.storage`
   * says so.
   */
  fallback?: 'memory'
  /** How long to wait for somebody to open the database, in ms. Default 10000. */
  openTimeout?: number
  /** Makes the worker, where the bundler needs another way, or to use another build of SQLite. */
  worker?: () => Worker
}

interface PageListener {
  readonly onStatus: (status: LeaderEvent) => void
  /** The page goes into the back/forward cache, or for good. */
  readonly onHide: () => void
  /** It is back. */
  readonly onShow: () => void
  readonly onEvicted: (event: DaybookEvents['evicted']) => void
  /** People look at it, or no longer. */
  readonly onSeen: (isSeen: boolean) => void
}

export class BrowserPage {
  readonly #id = randomId()
  readonly #options: BrowserOptions
  readonly #start: Omit<Start, 'id' | 'storage'>
  readonly #makeWorker: () => Worker
  readonly #clock: Clock = systemClock
  readonly #listener: PageListener
  #storage: 'opfs' | 'memory' = 'opfs'
  #worker: Worker | undefined
  #workers = 0
  #journal: RemoteJournal | undefined
  #leader: string | undefined
  #report: (error: unknown) => void = () => undefined
  readonly #closed = new AbortController()

  constructor(options: BrowserOptions, makeWorker: () => Worker, listener: PageListener) {
    this.#options = options
    const { durability, retain } = checkDaybookOptions(options)
    this.#start = { name: options.name, durability, retain }
    this.#makeWorker = makeWorker
    this.#listener = listener
  }

  get status(): LeaderEvent {
    const role = this.#leader === undefined ? 'opening' : this.#isOwn(this.#leader) ? 'leader' : 'follower'
    return { role, leader: this.#leader, storage: this.#storage }
  }

  async open(onError: (error: unknown) => void): Promise<OpenedDaybook> {
    this.#report = onError
    const missing = await whatIsMissing()
    if (missing !== undefined) {
      if (this.#options.fallback !== 'memory') throw missing
      this.#storage = 'memory'
    }
    const { openTimeout = 10_000, name } = this.#options
    const isShared = this.#storage === 'opfs'
    this.#startWorker()
    const shared = isShared ? broadcastLink(name, this.#id) : undefined
    const journal = new RemoteJournal({
      id: this.#id,
      link: shared ?? portLink(this.#worker as unknown as Port),
      clock: this.#clock,
      onLeader: (leader) => {
        this.#leader = leader
        this.#listener.onStatus(this.status)
      },
      onClosed: () => this.#end(),
    })
    this.#journal = journal
    if (shared !== undefined) this.#followPage(shared)
    try {
      await journal.opened(openTimeout, () => holderOf(name))
      if (isShared) await this.#recognise(journal)
    } catch (error) {
      await journal.close()
      throw error
    }
    return {
      journal,
      maintenance: journal,
      warnings: [],
      locks: isShared ? webLocks(name) : new ContextLocks(),
    }
  }

  /** Ends this page's worker and starts another, as if it had crashed. */
  restartWorker(): void {
    this.#worker?.terminate()
    this.#worker = undefined
    this.#startWorker()
  }

  async #recognise(journal: RemoteJournal): Promise<void> {
    const now = await journal.identity()
    const before = remember(this.#options.name, now)
    if (before !== undefined) this.#listener.onEvicted({ before, now })
  }

  #isOwn(leader: string): boolean {
    return leader.startsWith(`${this.#id}.`)
  }

  #startWorker(): void {
    if (this.#worker !== undefined || this.#closed.signal.aborted) return
    const id = `${this.#id}.${++this.#workers}`
    const worker = this.#makeWorker()
    this.#worker = worker
    worker.addEventListener('message', ({ data }: MessageEvent<{ told?: Told }>) => {
      if (data?.told !== undefined && 'failed' in data.told) this.#report(fromWire(data.told.failed))
    })
    worker.addEventListener('error', (event) => this.#report(event.error ?? new Error(event.message)))
    const start: Start = { ...this.#start, id, storage: this.#storage }
    worker.postMessage({ start })
    if (this.#storage === 'opfs') void this.#replaceWhenDead(worker, id)
  }

  // A worker holds a lock as long as it lives: whoever gets it knows that the worker is gone.
  async #replaceWhenDead(worker: Worker, id: string): Promise<void> {
    const { signal } = this.#closed
    const lock = aliveLock(this.#options.name, id)
    // It has to have it first.
    while (!signal.aborted && !(await isHeld(lock))) await new Promise((resolve) => setTimeout(resolve, 100))
    await navigator.locks.request(lock, { signal }, () => undefined).catch(() => undefined)
    if (this.#worker !== worker || signal.aborted) return
    worker.terminate()
    this.#worker = undefined
    this.#startWorker()
  }

  #followPage(link: PageLink): void {
    const { signal } = this.#closed
    // A page that goes into the back/forward cache would keep the lock, and everybody else from it.
    addEventListener(
      'pagehide',
      () => {
        this.#listener.onHide()
        this.#worker?.terminate()
        this.#worker = undefined
        link.suspend()
      },
      { signal },
    )
    addEventListener(
      'pageshow',
      ({ persisted }) => {
        if (!persisted) return
        link.resume()
        this.#wake()
        this.#listener.onShow()
      },
      { signal },
    )
    document.addEventListener(
      'visibilitychange',
      () => {
        if (!isHidden()) this.#wake()
        this.#listener.onSeen(!isHidden())
      },
      { signal },
    )
    document.addEventListener('resume', () => this.#wake(), { signal })
  }

  #wake(): void {
    this.#startWorker()
    this.#journal?.wake()
  }

  #end(): void {
    this.#closed.abort()
    this.#worker?.terminate()
    this.#worker = undefined
  }
}

async function whatIsMissing(): Promise<StorageUnavailableError | undefined> {
  if (!globalThis.isSecureContext) return new StorageUnavailableError('secure context')
  if (navigator.locks === undefined) return new StorageUnavailableError('Web Locks')
  try {
    await navigator.storage.getDirectory()
    return undefined
  } catch (cause) {
    return new StorageUnavailableError('OPFS', { cause })
  }
}

async function isHeld(lock: string): Promise<boolean> {
  const { held = [] } = await navigator.locks.query()
  return held.some(({ name }) => name === lock)
}

/** The client that has the lock of this daybook, as the browser names it. */
async function holderOf(name: string): Promise<string | undefined> {
  const { held = [] } = await navigator.locks.query()
  return held.find((lock) => lock.name === leaderLock(name))?.clientId
}

/** @throws InvalidOptionError */
export function checkBrowserOptions(options: BrowserOptions): void {
  const { name, openTimeout = 0, fallback } = options ?? {}
  if (typeof name !== 'string' || name === '' || name.length > 100) {
    throw new InvalidOptionError('name', "openDaybook() needs a name: openDaybook({ name: 'my-app' }).")
  }
  if (typeof openTimeout !== 'number' || !(openTimeout >= 0)) {
    throw new InvalidOptionError('openTimeout', '`openTimeout` is a number of milliseconds, from 0.')
  }
  if (fallback !== undefined && fallback !== 'memory') {
    throw new InvalidOptionError('fallback', "`fallback` is 'memory', or left out.")
  }
}

const isHidden = (): boolean => document.visibilityState === 'hidden'

/** Resolves in a task of its own, without the 4 ms that nested timers are made to wait. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

/** A daybook on a page. */
export class BrowserDaybook extends Daybook {
  readonly #page: BrowserPage

  constructor(options: BrowserOptions, makeWorker: () => Worker) {
    checkBrowserOptions(options)
    const page = new BrowserPage(options, options.worker ?? makeWorker, {
      onStatus: (status) => this.emit('leader', status),
      onEvicted: (event) => this.emit('evicted', event),
      onHide: () => this.suspend(),
      onShow: () => this.resume(),
      onSeen: (isSeen) => this.seen(isSeen),
    })
    super({
      origin: new Origin(),
      clock: systemClock,
      open: (onError) => page.open(onError),
      breathe: nextTask,
      isHidden,
      onUnheardWarning: (warning) => console.warn(warning),
    })
    this.#page = page
  }

  /** Who leads, and where the rows are. The `leader` event tells of every change. */
  get status(): LeaderEvent {
    return this.#page.status
  }

  /** Sizes, positions and settings, and what the browser says of the origin's storage. */
  override async stats(): Promise<Stats & { readonly storage: BrowserStorage }> {
    const [stats, storage] = await Promise.all([super.stats(), browserStorage()])
    return { ...stats, storage }
  }

  /**
   * Asks the browser to keep this origin's storage even when space is short; some ask the user. Answers whether it does.
   *
   * @example
   * if (!(await daybook.persist())) console.log('the browser may clear what is kept here')
   */
  persist(): Promise<boolean> {
    return navigator.storage.persist()
  }

  /** Ends this page's worker and starts another one, as if it had crashed: for trying out what happens then. */
  restartWorker(): void {
    this.#page.restartWorker()
  }
}
