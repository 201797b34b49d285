/**
 * Tells listeners of new entries and notices: those of this journal at once, those of other connections when the file has
 * changed.
 *
 * A slow timer asks the connection for a token that changes when anybody may have committed; the log is read only when
 * it has. What was told already is remembered (`#seen`) only to tell it once; the log is the truth.
 */

import type { Driver } from '../../drivers/driver.js'
import type { Entry, Position } from '../../log/entry.js'
import { lastEntry, readEntries } from '../../log/read.js'
import type { Cancel, Clock } from '../clock.js'
import type { Unsubscribe } from './journal.js'

/** How often the token is asked for, in ms. Others' entries arrive within this time. */
const INTERVAL = 50

type Listener = (entries: readonly Entry[]) => void

export interface WatchOptions {
  readonly driver: Driver
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

export class Watch {
  readonly #driver: Driver
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #listeners = new Set<Listener>()
  readonly #noticeListeners = new Set<() => void>()
  /** The position through which listeners were told; unknown at first, and after a gap. */
  #seen: Position | undefined
  #token: string | undefined
  #cancelTimer: Cancel | undefined

  constructor({ driver, clock, onError }: WatchOptions) {
    this.#driver = driver
    this.#clock = clock
    this.#onError = onError
  }

  subscribe(listener: Listener): Unsubscribe {
    // One wrapper each, so that the same function can subscribe twice.
    const own: Listener = (entries) => listener(entries)
    this.#listeners.add(own)
    if (this.#cancelTimer === undefined) this.#tick()
    return () => {
      this.#listeners.delete(own)
      if (!this.#isNeeded) this.stop()
    }
  }

  /** Calls back when somebody may have said something. */
  onNotice(listener: () => void): Unsubscribe {
    const own = (): void => listener()
    this.#noticeListeners.add(own)
    if (this.#cancelTimer === undefined) this.#tick()
    return () => {
      this.#noticeListeners.delete(own)
      if (!this.#isNeeded) this.stop()
    }
  }

  /** Somebody has said something, or may have. */
  noticed(): void {
    for (const listener of [...this.#noticeListeners]) listener()
  }

  get #isNeeded(): boolean {
    return this.#listeners.size + this.#noticeListeners.size > 0
  }

  /** Tells what this journal appended. Entries that do not continue what was told are left to a read of the log. */
  tell(entries: readonly Entry[]): void {
    const first = entries[0]
    const last = entries.at(-1)
    if (first === undefined || last === undefined || this.#listeners.size === 0) return
    if (this.#seen !== undefined && first.position.seq !== this.#seen.seq + 1) {
      this.#catchUp().catch(this.#onError)
      return
    }
    this.#seen = last.position
    this.#notify(entries)
  }

  stop(): void {
    this.#listeners.clear()
    this.#noticeListeners.clear()
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#seen = undefined
    this.#token = undefined
  }

  #tick(): void {
    // Where nobody else can write, one look is enough: what this journal appends it tells by itself.
    const another = this.#driver.changeToken === undefined ? undefined : INTERVAL
    this.#cancelTimer =
      another === undefined ? () => undefined : this.#clock.after(another, () => this.#tick())
    this.#look().catch((error: unknown) => {
      if (this.#isNeeded) this.#onError(error)
    })
  }

  async #look(): Promise<void> {
    const token = await this.#driver.changeToken?.()
    if (!this.#isNeeded || (token !== undefined && token === this.#token)) return
    this.noticed()
    await this.#catchUp()
    // Only now: a failed look is made again.
    this.#token = token
  }

  async #catchUp(): Promise<void> {
    while (this.#listeners.size > 0) {
      const from = this.#seen
      const answer = from && (await this.#driver.transaction('read', () => readEntries(from)))
      // An append of ours may have been told meanwhile; then what was read is old.
      if (this.#seen !== from) continue
      if (answer === undefined || 'trimmed' in answer) return this.#beginAtHead(from)
      const last = answer.entries.at(-1)
      if (last === undefined) return
      this.#seen = last.position
      this.#notify(answer.entries)
      if (last.position.seq >= answer.head.seq) return
    }
  }

  // Whoever subscribed read the log at some moment before; the last entry shows what it may have missed.
  async #beginAtHead(from: Position | undefined): Promise<void> {
    const last = await this.#driver.transaction('read', lastEntry)
    if (this.#seen !== from || this.#listeners.size === 0) return
    this.#seen = last.position
    this.#notify([last])
  }

  #notify(entries: readonly Entry[]): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(entries)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}
