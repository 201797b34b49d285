/**
 * The work behind the appends: posting what was appended, and keeping the log as long as `retain` asks for.
 *
 * All in small transactions, with a turn for everybody else between two of them. Nothing depends on it: a read posts
 * what it needs, and the next open goes on where this one stopped.
 */

import type { Driver } from '../../drivers/driver.js'
import type { Program } from '../../drivers/program.js'
import type { Entry, Position } from '../../log/entry.js'
import {
  type Compacted,
  checkpoint,
  compactStep,
  type Retain,
  type Trimmed,
  trimStep,
} from '../../materializer/compact.js'
import { post } from '../../materializer/post.js'
import type { Cancel, Clock } from '../clock.js'
import { makerOf, type Origin } from '../origin.js'
import { after, FIRST, toTrim } from './batch-size.js'
import type { Meter, PostReason } from './meter.js'
import { Pace } from './pace.js'
import type { PostingTransactions } from './posting.js'

/** Posting begins this long after an append, in ms, so that a burst is posted together … */
const DELAY = 100

/** … or at once when so many entries wait, so that the next open has little to do (L9). */
const BACKLOG = 2000

/** So many only wait when the app never lets a timer run (a loop of awaited appends): then posting comes between them. */
const STARVED = 10_000

/** Steps of compaction then, for each batch that is posted: twice as much is trimmed, and space given back. */
const STARVED_STEPS = 6

/** Steps of compaction when the journal closes: what a burst has left. */
const LAST_STEPS = 200

export interface BackgroundOptions {
  readonly driver: Driver
  readonly meter: Meter
  readonly posting: PostingTransactions
  readonly clock: Clock
  readonly origin: Origin
  readonly retain: Retain
  readonly onError: (error: unknown) => void
  /** Told of the checkpoints that the work appends. */
  readonly onAppended: (entries: readonly Entry[]) => void
}

export class Background {
  readonly #options: BackgroundOptions
  readonly #pace: Pace
  /** Entries that are posted in one transaction; an append waits for at most one. */
  #batch = FIRST
  #backlog = 0
  #working: Promise<void> | undefined
  #compacting: Promise<void> | undefined
  #cancelTimer: Cancel | undefined
  #soon = false
  #stopped = false

  constructor(options: BackgroundOptions) {
    this.#options = options
    this.#pace = new Pace(options.driver, options.clock)
  }

  /** So many entries were appended. */
  appended(count: number): void {
    this.#backlog += count
    if (this.#backlog >= STARVED && this.#working === undefined && !this.#stopped) this.#work()
    else if (this.#backlog >= BACKLOG) this.#schedule(0)
    else this.#schedule(DELAY)
  }

  /** Writes a checkpoint and trims everything below it. */
  compact(): Promise<Position> {
    const compacting = this.#compact()
    this.#compacting = compacting.then(ended, ended)
    return compacting
  }

  async #compact(): Promise<Position> {
    const { posting, meter, clock, origin } = this.#options
    const originSeq = origin.next()
    await this.#paced(async () => (await this.#post('compact')) > 0)
    const maker = { origin: origin.id, nextOriginSeq: () => originSeq, committedAt: clock.now() }
    const began = meter.begin()
    const entry = await posting.run('compact', () => checkpoint(maker))
    this.#checkpointed(entry, began)
    // What is not trimmed when the journal closes is trimmed another time.
    await this.#paced(async () => (await this.#trimStep()) && !this.#stopped)
    return entry.position
  }

  async #trimStep(): Promise<boolean> {
    const { meter } = this.#options
    const began = meter.begin()
    const { trimmed, more } = await this.#timed('compact', () => trimStep(toTrim(this.#batch)), hasTrimmed)
    meter.trimmed(trimmed, began)
    return more
  }

  #checkpointed(entry: Entry, began: number): void {
    this.#options.onAppended([entry])
    this.#options.meter.checkpoint(entry.position.seq, began)
  }

  /** Does steps until there is no more to do; whoever waits for the database goes first between two of them. */
  async #paced(work: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const { more, pause } = await this.#pace.step(work)
      if (!more) return
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  /** Ends the work; posts what is left, so that the next open finds nothing to do. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer?.()
    await this.#compacting
    await this.#working
    try {
      while (this.#backlog > 0) await this.#post()
      for (let step = 0; step < LAST_STEPS && (await this.#compactStep()); step++);
    } catch (error) {
      // Everything acknowledged is in the log: what is not posted now is posted by the next open.
      this.#options.onError(error)
    }
  }

  #schedule(delay: number): void {
    if (this.#stopped || this.#working !== undefined || this.#soon) return
    if (this.#cancelTimer !== undefined && delay > 0) return
    this.#cancelTimer?.()
    this.#soon = delay === 0
    this.#cancelTimer = this.#options.clock.after(delay, () => this.#work())
  }

  #work(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#soon = false
    this.#working = this.#pace
      .step(() => this.#step())
      .catch((error: unknown) => {
        this.#options.onError(error)
        return { more: false, pause: 0 }
      })
      .then(({ more, pause }) => {
        this.#working = undefined
        // Who appends faster than it is posted is not helped by a pause.
        if (more) this.#schedule(this.#backlog >= BACKLOG ? 0 : pause)
      })
  }

  /** Answers whether there is more to do. */
  async #step(): Promise<boolean> {
    const steps = this.#backlog >= STARVED ? STARVED_STEPS : 1
    await this.#post()
    // Also while appends come faster than they are posted: the log must not grow for as long.
    let more = true
    for (let step = 0; more && step < steps; step++) more = await this.#compactStep()
    return more || this.#backlog > 0
  }

  async #compactStep(): Promise<boolean> {
    const { meter, clock, origin, retain } = this.#options
    if (retain === 'all') return false
    const maker = makerOf(origin, clock.now())
    const run = (posting: number): Promise<Compacted | undefined> =>
      this.#timed('compact', () => compactStep(retain, maker, posting, toTrim(this.#batch)), hasTrimmed)
    const began = meter.begin()
    let step = await run(this.#batch)
    while (step === undefined) {
      while ((await this.#post()) > this.#batch);
      // Whatever has come meanwhile: it would never be less where appends do not stop.
      step = await run(Number.POSITIVE_INFINITY)
    }
    if (step.checkpoint !== undefined) this.#checkpointed(step.checkpoint, began)
    meter.trimmed(step.trimmed, began)
    return step.more
  }

  /** Posts one batch; answers with how many entries are left. */
  async #post(reason: PostReason = 'background'): Promise<number> {
    const batch = (): Program<number> => post(this.#batch)
    this.#backlog = await this.#timed(reason, batch, (left) => left > 0)
    return this.#backlog
  }

  /** Runs one batch; the next one is as large as the time of this one says, if it was a whole one. */
  async #timed<T>(reason: PostReason, batch: () => Program<T>, isWhole: (done: T) => boolean): Promise<T> {
    const { posting, clock } = this.#options
    const from = clock.now()
    const done = await posting.run(reason, batch)
    if (isWhole(done)) this.#batch = after(this.#batch, clock.now() - from)
    return done
  }
}

const hasTrimmed = (step: Trimmed | undefined): boolean => (step?.trimmed ?? 0) > 0

const ended = (): void => undefined
