/**
 * A page's side of a daybook in the browser: its worker, its line to whoever leads, and what a page goes through: it is
 * hidden, frozen, put in the back/forward cache, restored.
 */

import { type DestroyedError, NoLeaderError, NotABrowserError, WorkerFailedError } from '../../errors.js'
import type { Codecs } from '../../values/codecs.js'
import { pause } from '../clock.js'
import type { DamageEvent, DaybookEvents, LeaderEvent } from '../daybook/events.js'
import type { OpenedDaybook } from '../daybook/opened.js'
import { checkDaybookOptions } from '../daybook/options.js'
import type { Trace } from '../daybook/trace.js'
import { deferred } from '../deferred.js'
import type { PageLink } from '../journal/broadcast-channel.js'
import type { Link } from '../journal/channel.js'
import type { JournalEvent } from '../journal/meter.js'
import { unpack } from '../journal/port-channel.js'
import { RemoteJournal } from '../journal/remote.js'
import { fromWire } from '../journal/wire-error.js'
import { randomId } from '../origin.js'
import { type MadeWorker, madeWorker, whyNotLoaded } from './made-worker.js'
import { aliveLock, leaderLock, type Start, type Told } from './messages.js'
import type { BrowserOptions } from './options.js'
import { pageLocks } from './page-locks.js'
import type { PageSurroundings } from './surroundings.js'

/** Who is told of what a page goes through. */
export interface PageListener {
  readonly onStatus: (status: LeaderEvent) => void
  /** The page goes into the back/forward cache, or for good. */
  readonly onHide: () => void
  /** It is back. */
  readonly onShow: () => void
  readonly onDamage: (event: DamageEvent) => void
  readonly onEvicted: (event: DaybookEvents['evicted']) => void
  /** People look at it, or no longer. */
  readonly onSeen: (isSeen: boolean) => void
}

const LONGEST_PATIENCE = 60_000

export class BrowserPage {
  /** They stay on the page: its worker moves texts. */
  readonly codecs: Codecs
  readonly #id = randomId()
  readonly #options: BrowserOptions
  readonly #start: Omit<Start, 'id' | 'storage'>
  readonly #makeWorker: () => Worker
  readonly #listener: PageListener
  readonly #surroundings: PageSurroundings
  #storage: 'opfs' | 'memory' = 'opfs'
  #worker: Worker | undefined
  #workers = 0
  /** How long a worker may take to begin, in ms. */
  #patience = 4000
  #journal: RemoteJournal | undefined
  #leader: string | undefined
  #report: (error: unknown) => void = () => undefined
  #trace: Trace | undefined
  #hear: (message: unknown) => void = () => undefined
  readonly #closed = new AbortController()
  /** Rejects when a worker cannot be loaded. */
  readonly #workerFailed = deferred<never>()

  constructor(
    options: BrowserOptions,
    makeWorker: () => Worker,
    listener: PageListener,
    surroundings: PageSurroundings,
  ) {
    this.#options = options
    this.#surroundings = surroundings
    const { durability, retain, codecs } = checkDaybookOptions(options)
    this.codecs = codecs
    const { name, onCorruption, trace } = options
    this.#start = { name, durability, retain, onCorruption, trace: trace !== undefined }
    this.#makeWorker = makeWorker
    this.#listener = listener
  }

  get status(): LeaderEvent {
    const role = this.#leader === undefined ? 'opening' : this.#isOwn(this.#leader) ? 'leader' : 'follower'
    return { role, leader: this.#leader, storage: this.#storage }
  }

  async open(
    onError: (error: unknown) => void,
    trace: Trace | undefined,
    onDestroyed: (error: DestroyedError) => void,
  ): Promise<OpenedDaybook> {
    this.#report = onError
    this.#trace = trace
    const missing = await this.#surroundings.missing()
    if (missing !== undefined) {
      if (this.#options.fallback !== 'memory' || missing instanceof NotABrowserError) throw missing
      this.#storage = 'memory'
    }
    const { name } = this.#options
    const isShared = this.#storage === 'opfs'
    const journal = this.#connect(onDestroyed)
    try {
      await this.#answered(journal, journal.head())
      if (isShared) await this.#recognise(journal)
    } catch (error) {
      await journal.close()
      throw error
    }
    return {
      journal,
      maintenance: journal,
      warnings: [],
      locks: () => pageLocks(this.#surroundings.locks, name, isShared),
    }
  }

  /**
   * Has whoever leads remove the database: for a page that has none open. Where nothing can be kept there is none.
   *
   * @throws NoLeaderError, WorkerFailedError, NotABrowserError
   */
  async destroy(log: string | undefined): Promise<void> {
    const missing = await this.#surroundings.missing()
    if (missing instanceof NotABrowserError) throw missing
    if (missing !== undefined) return
    const journal = this.#connect(() => undefined)
    try {
      await this.#answered(journal, journal.destroy(log))
      this.#forget()
    } finally {
      await journal.close()
    }
  }

  #connect(onDestroyed: (error: DestroyedError) => void): RemoteJournal {
    this.#startWorker()
    const shared =
      this.#storage === 'opfs' ? this.#surroundings.link(this.#options.name, this.#id) : undefined
    const journal = new RemoteJournal({
      id: this.#id,
      link: this.#link(shared),
      clock: this.#surroundings.clock,
      onLeader: (leader) => {
        this.#leader = leader
        this.#listener.onStatus(this.status)
      },
      onClosed: () => this.#end(),
      onDestroyed: (error) => {
        this.#forget()
        onDestroyed(error)
      },
    })
    this.#journal = journal
    if (shared !== undefined) this.#followPage(shared)
    return journal
  }

  /** Waits for the answer of a leader, or for the reason why there is none. */
  async #answered(journal: RemoteJournal, call: Promise<unknown>): Promise<void> {
    const { onCorruption, openTimeout = onCorruption ? 60_000 : 10_000 } = this.#options
    const answered = journal.answered(call, openTimeout, () => this.#holder())
    try {
      await Promise.race([answered, this.#workerFailed.promise])
    } catch (error) {
      if (!(error instanceof WorkerFailedError)) throw error
      // Another context may lead: this page needs no worker then.
      if (this.#storage === 'memory' || (await this.#holder()) === undefined) throw error
      await answered.catch((failure: unknown) => {
        throw failure instanceof NoLeaderError ? error : failure
      })
    }
  }

  // The next database of this name is not one that has taken this one's place.
  #forget(): void {
    if (this.#storage === 'opfs') this.#surroundings.remember(this.#options.name, undefined)
  }

  // While this page's own worker leads, its port is the shorter way.
  #link(shared: Link | undefined): Link {
    return {
      send: (request) => {
        const worker = shared === undefined || this.#leader === this.#workerId ? this.#worker : undefined
        if (worker !== undefined) worker.postMessage(request)
        else shared?.send(request)
      },
      listen: (listener) => {
        this.#hear = listener
        shared?.listen(listener)
      },
      close: () => shared?.close(),
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
    const before = this.#surroundings.remember(this.#options.name, now)
    if (before !== undefined) this.#listener.onEvicted({ before, now })
  }

  get #workerId(): string {
    return `${this.#id}.${this.#workers}`
  }

  #isOwn(leader: string): boolean {
    return leader.startsWith(`${this.#id}.`)
  }

  #startWorker(): void {
    if (this.#worker !== undefined || this.#closed.signal.aborted) return
    this.#workers++
    const id = this.#workerId
    let made: MadeWorker
    try {
      made = madeWorker(this.#makeWorker)
    } catch (error) {
      this.#cannotWork(error)
      return
    }
    const { worker, url } = made
    this.#worker = worker
    worker.addEventListener('message', ({ data }: MessageEvent<{ told?: Told; traced?: JournalEvent }>) => {
      if (data?.traced !== undefined) this.#trace?.(data.traced)
      else if (data?.told !== undefined) this.#tell(data.told)
      else if (this.#worker === worker) unpack(data, this.#hear)
    })
    worker.addEventListener('error', (event) => this.#failed(event, url))
    const start: Start = { ...this.#start, id, storage: this.#storage }
    worker.postMessage({ start })
    if (this.#storage === 'opfs') void this.#replaceWhenDead(worker, id)
  }

  // One that runs says what has failed in it; one that could not be loaded says nothing.
  #failed({ error, message }: Partial<ErrorEvent>, url: string | undefined): void {
    if (error !== undefined || message !== undefined) this.#report(error ?? new Error(message))
    else void whyNotLoaded(url).then((failure) => this.#cannotWork(failure))
  }

  /** Whoever waits for the opening is told; once it is open, everybody. */
  #cannotWork(error: unknown): void {
    if (this.#leader === undefined) this.#workerFailed.reject(error)
    else this.#report(error)
  }

  #tell({ failed, damage }: Told): void {
    const error = fromWire(failed)
    if (damage === undefined) this.#report(error)
    else this.#listener.onDamage({ ...damage, error })
  }

  // A worker holds a lock as long as it lives: whoever gets it knows that the worker is gone.
  async #replaceWhenDead(worker: Worker, id: string): Promise<void> {
    const { signal } = this.#closed
    const lock = aliveLock(this.#options.name, id)
    // It has to have it first.
    const { clock, locks } = this.#surroundings
    const giveUp = clock.now() + this.#patience
    let isAlive = false
    while (!isAlive && clock.now() < giveUp && !signal.aborted) {
      await pause(clock, 100, signal)
      isAlive = (await this.#holderOf(lock)) !== undefined
    }
    if (isAlive) await locks.request(lock, { signal }, () => undefined).catch(() => undefined)
    // Its file may only be slow to come.
    else this.#patience = Math.min(2 * this.#patience, LONGEST_PATIENCE)
    if (this.#worker !== worker || signal.aborted) return
    worker.terminate()
    this.#worker = undefined
    this.#startWorker()
  }

  /** The client that has the lock of this daybook, as the browser names it. */
  async #holder(): Promise<string | undefined> {
    return (await this.#holderOf(leaderLock(this.#options.name)))?.clientId
  }

  async #holderOf(lock: string) {
    const { held = [] } = await this.#surroundings.locks.query()
    return held.find(({ name }) => name === lock)
  }

  #followPage(link: PageLink): void {
    const { signal } = this.#closed
    const { window, document } = this.#surroundings
    // A page that goes into the back/forward cache would keep the lock, and everybody else from it.
    window.addEventListener(
      'pagehide',
      () => {
        this.#listener.onHide()
        this.#worker?.terminate()
        this.#worker = undefined
        link.suspend()
      },
      { signal },
    )
    window.addEventListener(
      'pageshow',
      (event) => {
        if (!(event as PageTransitionEvent).persisted) return
        link.resume()
        this.#wake()
        this.#listener.onShow()
      },
      { signal },
    )
    document.addEventListener(
      'visibilitychange',
      () => {
        const isSeen = document.visibilityState !== 'hidden'
        if (isSeen) this.#wake()
        this.#listener.onSeen(isSeen)
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
