/**
 * Promises that were rejected and that nobody looks at. While a program runs its listener is the only one of the process,
 * as its timers are; the others are given back afterwards.
 */

type Listener = (reason: unknown, promise: Promise<unknown>) => void

const EVENT = 'unhandledRejection'

export class Rejections {
  readonly all: unknown[] = []
  #others: Listener[] = []
  readonly #listener: Listener = (reason) => void this.all.push(reason)

  begin(): void {
    this.#others = process.listeners(EVENT) as Listener[]
    process.removeAllListeners(EVENT)
    process.on(EVENT, this.#listener)
  }

  end(): void {
    process.off(EVENT, this.#listener)
    for (const other of this.#others) process.on(EVENT, other)
  }
}
