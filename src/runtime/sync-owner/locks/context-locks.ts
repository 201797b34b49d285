/** Locks among the daybooks of one context (a process, a worker, a page): a line for each name, first come, first served. */

import type { Lock, LockRequest, Locks } from './locks.js'

/** Called when it is one's turn. */
type Turn = () => void

export class ContextLocks implements Locks {
  /** Who waits for a name; a name without a line is free. */
  readonly #lines = new Map<string, Turn[]>()

  /** How many names are held. */
  get size(): number {
    return this.#lines.size
  }

  async request(name: string, { signal }: LockRequest): Promise<Lock> {
    signal.throwIfAborted()
    const line = this.#lines.get(name)
    if (line === undefined) this.#lines.set(name, [])
    else await this.#wait(line, signal)
    let held = true
    return {
      release: () => {
        if (held) this.#next(name)
        held = false
      },
    }
  }

  #wait(line: Turn[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn: Turn = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        line.splice(line.indexOf(turn), 1)
        reject(signal.reason)
      }
      line.push(turn)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  #next(name: string): void {
    const turn = this.#lines.get(name)?.shift()
    if (turn === undefined) this.#lines.delete(name)
    else turn()
  }
}
