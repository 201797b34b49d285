/**
 * The sync owner's side: loads from the source what other contexts want of it, and tells them. What a context wants that
 * is gone is given up.
 */

import { IR, type LoadSubsetOptions } from '@tanstack/db'
import { messageOf } from '../../../errors.js'
import type { Expression, Subset } from '../../../materializer/subset/subset.js'
import type { Cancel } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import type { Notice } from '../../journal/board.js'
import type { Unsubscribe } from '../../journal/journal.js'
import { type Reply, replyTo, type Want, wantFrom, wants } from './topics.js'

/** The last resort against a hint that got lost, in ms. */
const BACKSTOP = 5000

export interface ServingOptions {
  readonly collection: string
  readonly internals: Internals
  /**
   * Loads a subset from disk and from the source; resolves when its rows are kept, with the position that has them.
   * Rejects when it is not wanted any more.
   */
  readonly load: (request: LoadSubsetOptions, digest: string, isWanted: () => boolean) => Promise<number>
  readonly unload: (request: LoadSubsetOptions) => void
}

/** What one context wants of one subset. */
interface Served {
  readonly origin: string
  readonly digest: string
  ask: number
  request: LoadSubsetOptions
}

export class Serving {
  readonly #options: ServingOptions
  readonly #served = new Map<string, Served>()
  /** Contexts that want something, each with what ends the wait for its end. */
  readonly #contexts = new Map<string, AbortController>()
  readonly #unsubscribe: Unsubscribe
  #cancelBackstop: Cancel | undefined
  #isReading = false
  #isStale = false
  #isOver = false

  constructor(options: ServingOptions) {
    this.#options = options
    this.#unsubscribe = options.internals.presence.listen(() => this.#look())
    this.#look()
    this.#armBackstop()
  }

  /** Whether anybody else needs the source. */
  get isNeeded(): boolean {
    return this.#served.size > 0
  }

  stop(): void {
    this.#isOver = true
    this.#unsubscribe()
    this.#cancelBackstop?.()
    for (const waiting of this.#contexts.values()) waiting.abort()
    this.#contexts.clear()
    for (const served of this.#served.values()) this.#say(served, undefined)
    this.#served.clear()
  }

  #armBackstop(): void {
    this.#cancelBackstop = this.#options.internals.clock.after(BACKSTOP, () => {
      this.#look()
      this.#armBackstop()
    })
  }

  // One reading at a time; what is said meanwhile is read by the next one.
  #look(): void {
    this.#isStale = true
    if (this.#isReading || this.#isOver) return
    this.#isReading = true
    this.#read()
      .catch(this.#options.internals.events.report)
      .finally(() => {
        this.#isReading = false
      })
  }

  async #read(): Promise<void> {
    const { internals, collection } = this.#options
    while (this.#isStale && !this.#isOver && !internals.pending.isClosing) {
      this.#isStale = false
      const notices = await internals.presence.others(wants(collection))
      if (!this.#isOver) this.#take(notices)
    }
  }

  #take(notices: readonly Notice[]): void {
    const { collection, internals } = this.#options
    const gone = new Map(this.#served)
    for (const { origin, topic, value } of notices) {
      const digest = topic.slice(wants(collection).length)
      const name = `${origin} ${digest}`
      gone.delete(name)
      let want: Want
      try {
        want = wantFrom(value, internals.codec)
      } catch (error) {
        internals.events.report(error)
        continue
      }
      this.#serve(name, origin, digest, want)
    }
    for (const [name, served] of gone) this.#end(name, served)
    const origins = new Set(notices.map(({ origin }) => origin))
    for (const origin of origins) this.#watch(origin)
  }

  #serve(name: string, origin: string, digest: string, { subset, ask }: Want): void {
    const before = this.#served.get(name)
    if (before?.ask === ask) return
    const request = requestOf(subset, before !== undefined)
    const served: Served = { origin, digest, ask, request }
    this.#served.set(name, served)
    const isCurrent = (): boolean => !this.#isOver && this.#served.get(name) === served
    const unloadBefore = (): void => {
      if (before !== undefined) this.#options.unload(before.request)
    }
    this.#options.load(request, digest, isCurrent).then(
      (seq) => {
        unloadBefore()
        if (isCurrent()) this.#say(served, { ask, seq })
      },
      (error: unknown) => {
        unloadBefore()
        if (isCurrent()) this.#say(served, { ask, failed: messageOf(error) })
      },
    )
  }

  #end(name: string, served: Served): void {
    this.#served.delete(name)
    this.#options.unload(served.request)
    this.#say(served, undefined)
    const isLast = [...this.#served.values()].every(({ origin }) => origin !== served.origin)
    if (!isLast) return
    this.#contexts.get(served.origin)?.abort()
    this.#contexts.delete(served.origin)
  }

  /** Waits for the end of a context; what it wanted is taken back then. */
  #watch(origin: string): void {
    if (this.#contexts.has(origin)) return
    const { presence, events } = this.#options.internals
    const waiting = new AbortController()
    this.#contexts.set(origin, waiting)
    presence.gone(origin, waiting.signal).then(
      () => this.#look(),
      (error: unknown) => {
        if (!waiting.signal.aborted) events.report(error)
      },
    )
  }

  #say({ origin, digest }: Served, reply: Reply | undefined): void {
    const { internals, collection } = this.#options
    if (internals.pending.isClosing) return
    internals.presence
      .say(replyTo(collection, origin, digest), reply && JSON.stringify(reply))
      .catch(internals.events.report)
  }
}

/** What a source is asked, from a subset that came as plain data: adapters may look at the classes of expressions. */
function requestOf({ where, orderBy, cursor, ...page }: Subset, refetch: boolean): LoadSubsetOptions {
  return {
    ...page,
    ...(refetch && { refetch }),
    ...(where && { where: expressionOf(where) }),
    ...(orderBy && {
      orderBy: orderBy.map((term) => ({ ...term, expression: expressionOf(term.expression) })),
    }),
    ...(cursor && {
      cursor: {
        whereFrom: expressionOf(cursor.whereFrom),
        whereCurrent: expressionOf(cursor.whereCurrent),
      },
    }),
  } as LoadSubsetOptions
}

function expressionOf(expression: Expression): IR.BasicExpression {
  switch (expression.type) {
    case 'ref':
      return new IR.PropRef([...expression.path])
    case 'func':
      return new IR.Func(expression.name, expression.args.map(expressionOf))
    default:
      return new IR.Value(expression.value)
  }
}
