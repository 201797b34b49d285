/** One progress bar for the whole import, over all its processes. Without a terminal it prints a line now and then. */
import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import { count } from './report.js'

export class Progress {
  readonly #bars: MultiBar
  readonly #bar: SingleBar

  constructor(total: number) {
    this.#bars = new MultiBar(
      {
        format: '  {bar} {percentage}%  {commits} of {all} commits',
        stream: process.stdout,
        noTTYOutput: true,
        notTTYSchedule: 2000,
        // The bar would keep the process alive, or hide the cursor of one that fails.
        hideCursor: false,
      },
      Presets.shades_classic,
    )
    this.#bar = this.#bars.create(total, 0, { commits: count(0), all: count(total) })
  }

  update(done: number): void {
    this.#bar.update(done, { commits: count(done) })
  }

  /** Prints a line above the bar. */
  say(line: string): void {
    this.#bars.log(`${line}\n`)
  }

  finish(): void {
    this.#bars.update()
    this.#bars.stop()
  }
}
