/**
 * Time for one program: a clock that the machine moves, under everything that waits for time.
 *
 * TanStack DB takes its timers from the global object (garbage collection, paced mutations, repeated loads). While a
 * program runs they are replaced by timers of this clock, and given back afterwards, as the console is; nothing else may
 * run meanwhile.
 */

import { VirtualClock } from '../simulation/virtual-clock.js'

type Callback = (...args: unknown[]) => void

const realNow = Date.now
const REPLACED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const

// Code of the process may clear a timer that it has set while an earlier program ran.
let next = 1

export class BorderTime {
  readonly clock = new VirtualClock()
  readonly #cancels = new Map<number, () => void>()
  readonly #before = new Map<string, PropertyDescriptor | undefined>()

  /** From now on all timers of this process are this clock's. */
  begin(): void {
    const timers: Record<(typeof REPLACED)[number], unknown> = {
      setTimeout: (callback: Callback, ms = 0, ...args: unknown[]) => this.#set(callback, ms, args, false),
      setInterval: (callback: Callback, ms = 0, ...args: unknown[]) => this.#set(callback, ms, args, true),
      clearTimeout: (timer: unknown) => this.#clear(timer),
      clearInterval: (timer: unknown) => this.#clear(timer),
    }
    for (const name of REPLACED) {
      this.#before.set(name, Object.getOwnPropertyDescriptor(globalThis, name))
      Object.defineProperty(globalThis, name, { value: timers[name], configurable: true, writable: true })
    }
    // What TanStack DB says of queries without an index, and of those that fail, is of no interest here.
    for (const name of ['warn', 'error'] as const) {
      this.#before.set(name, Object.getOwnPropertyDescriptor(console, name))
      Object.defineProperty(console, name, { value: () => undefined, configurable: true, writable: true })
    }
    Date.now = () => this.clock.now()
    const { performance } = globalThis
    this.#before.set('now', Object.getOwnPropertyDescriptor(performance, 'now'))
    Object.defineProperty(performance, 'now', {
      value: () => this.clock.elapsed(),
      configurable: true,
      writable: true,
    })
  }

  /** Gives the timers back; those that were set are forgotten. */
  end(): void {
    for (const name of REPLACED) restore(globalThis, name, this.#before.get(name))
    for (const name of ['warn', 'error']) restore(console, name, this.#before.get(name))
    restore(globalThis.performance, 'now', this.#before.get('now'))
    Date.now = realNow
    for (const cancel of this.#cancels.values()) cancel()
    this.#cancels.clear()
  }

  // As Node's: an object that can be unreffed and refreshed, and that a number stands for.
  #set(callback: Callback, ms: number, args: unknown[], repeats: boolean): object {
    const id = next++
    const arm = (): void => {
      this.#cancels.get(id)?.()
      const cancel = this.clock.after(Math.max(1, Number(ms) || 0), () => {
        this.#cancels.delete(id)
        if (repeats) arm()
        callback(...args)
      })
      this.#cancels.set(id, cancel)
    }
    arm()
    const timer = {
      ref: () => timer,
      unref: () => timer,
      hasRef: () => false,
      refresh: () => {
        arm()
        return timer
      },
      [Symbol.toPrimitive]: () => id,
    }
    return timer
  }

  #clear(timer: unknown): void {
    const id = Number(timer)
    this.#cancels.get(id)?.()
    this.#cancels.delete(id)
  }
}

function restore(target: object, name: string, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor === undefined) Reflect.deleteProperty(target, name)
  else Object.defineProperty(target, name, descriptor)
}
