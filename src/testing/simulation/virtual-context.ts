/** A page or a worker: it runs, stands still, or has ended; what reaches it waits or is dropped accordingly. */

import type { Cancel, Clock } from '../../runtime/clock.js'

export class VirtualContext {
  readonly id: string
  #state: 'running' | 'frozen' | 'ended' = 'running'
  #waiting: (() => void)[] = []

  constructor(id: string) {
    this.id = id
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen'
  }

  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'running'
    for (const task of this.#waiting.splice(0)) task()
  }

  end(): void {
    this.#state = 'ended'
    this.#waiting = []
  }

  /** Something happens to it: at once, when it goes on, or never. */
  task(work: () => void): void {
    if (this.#state === 'running') work()
    else if (this.#state === 'frozen') this.#waiting.push(work)
  }

  /** The time of this context. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after: (ms, callback): Cancel => {
        let isCancelled = false
        const cancel = clock.after(ms, () =>
          this.task(() => {
            if (!isCancelled) callback()
          }),
        )
        return () => {
          isCancelled = true
          cancel()
        }
      },
    }
  }
}
