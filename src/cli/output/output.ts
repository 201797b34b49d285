/**
 * Where a verb's answer goes: data to stdout, as text, as one JSON object or as a JSON object a line; remarks to stderr.
 * Colours and tables are for terminals.
 */

import { once } from 'node:events'
import pc from 'picocolors'
import type { Surroundings } from '../surroundings.js'
import { Progress } from './progress.js'
import { type Cell, layOut } from './table.js'

/** The version of the JSON shapes, in every object; docs/cli-json.md says how it changes. */
export const JSON_VERSION = 1

export interface OutputOptions {
  readonly json?: boolean | undefined
  readonly jsonl?: boolean | undefined
  readonly quiet?: boolean | undefined
}

export type Format = 'text' | 'json' | 'jsonl'

export class Output {
  readonly format: Format
  readonly isTerminal: boolean
  /** Colours, or functions that leave a text as it is. */
  readonly colours: ReturnType<typeof pc.createColors>
  readonly #surroundings: Surroundings
  readonly #quiet: boolean

  constructor(surroundings: Surroundings, options: OutputOptions) {
    this.#surroundings = surroundings
    this.#quiet = options.quiet === true
    this.format = options.json ? 'json' : options.jsonl ? 'jsonl' : 'text'
    this.isTerminal = surroundings.stdout.isTTY === true
    this.colours = pc.createColors(this.format === 'text' && wantsColour(surroundings, this.isTerminal))
  }

  /** How wide a line may be; anything where nobody looks at it. */
  get width(): number {
    return this.isTerminal ? (this.#surroundings.stdout.columns ?? 80) : Number.POSITIVE_INFINITY
  }

  /** A line of text. */
  async line(text = ''): Promise<void> {
    await this.#write(`${text}\n`)
  }

  /** Text that the line goes on behind. */
  async text(text: string): Promise<void> {
    await this.#write(text)
  }

  /** Columns that are as wide as they need to be. */
  async table(rows: readonly (readonly Cell[])[]): Promise<void> {
    for (const line of layOut(rows)) await this.line(line)
  }

  /** The answer as an object: all of it with `--json`, a line of it with `--jsonl`. */
  async object(value: Readonly<Record<string, unknown>>): Promise<void> {
    await this.line(JSON.stringify({ v: JSON_VERSION, ...value }))
  }

  /**
   * A list that may be longer than memory: `lines` of text, or with `--jsonl` an object a line, or with `--json` one object
   * with everything in `facts` and the list under `name`.
   */
  async list<T>(
    name: string,
    items: AsyncIterable<T> | Iterable<T>,
    form: {
      readonly text: (item: T) => string
      readonly json: (item: T) => Readonly<Record<string, unknown>>
    },
    facts: Readonly<Record<string, unknown>> = {},
  ): Promise<number> {
    let count = 0
    if (this.format === 'json') {
      const head = JSON.stringify({ v: JSON_VERSION, ...facts })
      await this.#write(`${head.slice(0, -1)},${JSON.stringify(name)}:[`)
    }
    for await (const item of items) {
      if (this.format === 'text') await this.line(form.text(item))
      else if (this.format === 'jsonl') await this.object(form.json(item))
      else await this.#write(`${count > 0 ? ',' : ''}\n${JSON.stringify(form.json(item))}`)
      count++
    }
    if (this.format === 'json') await this.line(']}')
    return count
  }

  /** Something for the person, not for a program: to stderr, unless it is to be quiet. */
  remark(text: string): void {
    if (!this.#quiet) this.#surroundings.stderr.write(`${text}\n`)
  }

  /** A bar on stderr, once the work has taken a second, where a person looks at it. */
  progress(label: string): Progress {
    const { stderr, now } = this.#surroundings
    return new Progress(label, { stream: stderr, isShown: !this.#quiet && stderr.isTTY === true, now })
  }

  // A pipe that is full makes the reader of a large file wait, instead of memory grow.
  async #write(text: string): Promise<void> {
    const { stdout } = this.#surroundings
    if (!stdout.write(text)) await once(stdout, 'drain')
  }
}

/** https://no-color.org and https://force-color.org */
function wantsColour({ env }: Surroundings, isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0'
  return isTerminal && env.TERM !== 'dumb'
}
