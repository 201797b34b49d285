/** What the tabs tell each other for the sake of the demo: who is there, how far each has read, and "your worker dies now". */

import { daybook } from './daybook.js'

export interface Tab {
  readonly id: string
  readonly since: number
  readonly role: 'opening' | 'leader' | 'follower'
  readonly storage: 'opfs' | 'memory'
  /** Whether it runs the source. */
  readonly syncs: boolean
  /** The seq of the last entry that it has seen. */
  readonly seq: number
  readonly hidden: boolean
}

type Message =
  | { readonly tab: Tab }
  | { readonly gone: string }
  | { readonly kill: true }
  | { readonly hello: true }

/** A tab that is silent for so long is forgotten, in ms. */
const SILENCE = 5000

export class Tabs {
  readonly #channel = new BroadcastChannel('tracker-tabs')
  readonly #others = new Map<string, { readonly tab: Tab; readonly heard: number }>()
  readonly #listeners = new Set<() => void>()
  #own: Tab = {
    id: daybook.origin,
    since: Date.now(),
    ...rolesOf(daybook.status),
    syncs: false,
    seq: 0,
    hidden: document.hidden,
  }
  #all: readonly Tab[] = []
  #isAway = false
  #killed: { readonly at: number; readonly leader: string | undefined } | undefined
  /** How long it took until somebody led again after the last kill, in ms. */
  failover: number | undefined

  start(): void {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data)
    daybook.on('leader', (status) => {
      if (
        this.#killed !== undefined &&
        status.leader !== undefined &&
        status.leader !== this.#killed.leader
      ) {
        this.failover = Math.round(performance.now() - this.#killed.at)
        this.#killed = undefined
      }
      this.#become(rolesOf(status))
    })
    daybook.on('sync', ({ collection, owner }) => {
      if (collection === 'issues') this.#become({ syncs: owner })
    })
    document.addEventListener('visibilitychange', () => this.#become({ hidden: document.hidden }))
    addEventListener('pagehide', () => {
      this.#say({ gone: this.#own.id })
      this.#isAway = true
    })
    addEventListener('pageshow', () => {
      this.#isAway = false
    })
    this.#say({ hello: true })
    this.#become({})
    setInterval(() => this.#become({}), 1000)
  }

  /** An array that stays the same until something changes. */
  readonly all = (): readonly Tab[] => this.#all

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get own(): Tab {
    return this.#own
  }

  reached(seq: number): void {
    if (seq > this.#own.seq) this.#become({ seq })
  }

  /** Ends the worker that has the database, in whatever tab it is, as a crash would. */
  killLeader(): void {
    this.#say({ kill: true })
    this.#die()
  }

  #die(): void {
    this.#killed = { at: performance.now(), leader: daybook.status.leader }
    if (daybook.status.role === 'leader') daybook.restartWorker()
  }

  #become(change: Partial<Tab>): void {
    this.#own = { ...this.#own, ...change }
    this.#say({ tab: this.#own })
    this.#tell()
  }

  #say(message: Message): void {
    if (!this.#isAway) this.#channel.postMessage(message)
  }

  #hear(message: Message): void {
    if ('kill' in message) this.#die()
    if ('hello' in message) this.#say({ tab: this.#own })
    if ('gone' in message) this.#others.delete(message.gone)
    if ('tab' in message) this.#others.set(message.tab.id, { tab: message.tab, heard: Date.now() })
    this.#tell()
  }

  #tell(): void {
    const now = Date.now()
    for (const [id, { tab, heard }] of this.#others) {
      // The timers of a hidden tab may rest for a minute.
      if (now - heard > (tab.hidden ? 20 * SILENCE : SILENCE)) this.#others.delete(id)
    }
    const all = [this.#own, ...[...this.#others.values()].map(({ tab }) => tab)]
    this.#all = all.sort((one, other) => one.since - other.since || (one.id < other.id ? -1 : 1))
    for (const listener of this.#listeners) listener()
  }
}

const rolesOf = ({ role, storage }: Pick<Tab, 'role' | 'storage'>) => ({ role, storage })

export const tabs = new Tabs()
