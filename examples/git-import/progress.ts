/**
 * One progress bar for the whole import, over all its processes. Without a terminal it prints a line now and then.
 */
import { count, printLine } from './report.js'

const BAR_WIDTH = 32
const LINE_EVERY_MS = 2_000

export class Progress {
  readonly #total: number
  readonly #terminal = process.stdout.isTTY
  #done = 0
  #drawnAt = 0

  constructor(total: number) {
    this.#total = total
  }

  update(done: number): void {
    this.#done = done
    const every = this.#terminal ? 50 : LINE_EVERY_MS
    if (Date.now() - this.#drawnAt >= every) this.#draw()
  }

  /** Prints a line above the bar. */
  say(line: string): void {
    if (this.#terminal) process.stdout.write('\r\x1b[K')
    printLine(line)
    if (this.#terminal) this.#draw()
  }

  finish(): void {
    this.#draw()
    if (this.#terminal) printLine()
  }

  #draw(): void {
    this.#drawnAt = Date.now()
    const share = this.#total === 0 ? 1 : this.#done / this.#total
    const filled = Math.round(share * BAR_WIDTH)
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
    const text = `${bar} ${Math.floor(share * 100)}%  ${count(this.#done)} of ${count(this.#total)} commits`
    if (this.#terminal) process.stdout.write(`\r\x1b[K  ${text}`)
    else printLine(`  ${text}`)
  }
}
