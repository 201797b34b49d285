/** A bar on stderr for work that takes more than a second. */

import { createRequire } from 'node:module'
import type { SingleBar } from 'cli-progress'

/** Work that is over sooner needs no bar, in ms. */
const PATIENCE = 1000

export interface ProgressParts {
  readonly stream: NodeJS.WritableStream
  /** Whether anybody would see it. */
  readonly isShown: boolean
  readonly now: () => number
}

/**
 * Say `at` which point the work is as often as you like, and `stop` when it is over, whatever happens.
 */
export class Progress {
  readonly #label: string
  readonly #parts: ProgressParts
  readonly #startedAt: number
  #bar: SingleBar | undefined

  constructor(label: string, parts: ProgressParts) {
    this.#label = label
    this.#parts = parts
    this.#startedAt = parts.now()
  }

  at(done: number, total: number): void {
    const { isShown, now } = this.#parts
    if (!isShown || (this.#bar === undefined && now() - this.#startedAt < PATIENCE)) return
    this.#bar ??= this.#start(total)
    this.#bar.setTotal(total)
    this.#bar.update(done)
  }

  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }

  // Loaded only when it is needed, for most commands are over before; and at once, for work on a file knows no pauses.
  #start(total: number): SingleBar {
    const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress')
    const bar = new SingleBar({
      stream: this.#parts.stream,
      format: `${this.#label}  {bar}  {percentage} %  {eta_formatted} left`,
      barCompleteChar: '━',
      barIncompleteChar: '─',
      clearOnComplete: true,
      hideCursor: true,
      barsize: 30,
      fps: 5,
    })
    bar.start(total, 0)
    return bar
  }
}
