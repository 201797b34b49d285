/** Asks the sync owner of a collection, which is another context, for subsets that this one needs. */

import { SourceError } from '../../../errors.js'
import type { Subset } from '../../../materializer/subset/subset.js'
import type { Cancel } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import { type Deferred, deferred } from '../../deferred.js'
import type { Unsubscribe } from '../../journal/journal.js'
import { type Reply, replyTo, wantOf, wantText } from './topics.js'

/** The last resort against a hint that got lost, in ms. */
const BACKSTOP = 5000

interface Asked {
  readonly subset: Subset
  ask: number
  /** How many need it. */
  count: number
  /** Those who wait for the present answer. */
  answer: Deferred<void>
  isAnswered: boolean
}

export class Asking {
  readonly #collection: string
  readonly #internals: Internals
  readonly #asked = new Map<string, Asked>()
  /** Counts what was asked, so that what is wanted anew is told from what was wanted before. */
  #asks = 0
  #unsubscribe: Unsubscribe | undefined
  #cancelBackstop: Cancel | undefined

  constructor(collection: string, internals: Internals) {
    this.#collection = collection
    this.#internals = internals
  }

  /**
   * Wants a subset until drop(); resolves when its rows have been applied. `again`: an earlier answer does not count.
   *
   * @throws SourceError when the source failed; what the board says when nothing can be written there
   */
  async want(digest: string, subset: Subset, again: boolean): Promise<void> {
    let asked = this.#asked.get(digest)
    if (asked === undefined) {
      asked = { subset, ask: 0, count: 0, answer: newAnswer(), isAnswered: false }
      this.#asked.set(digest, asked)
    }
    asked.count++
    if (asked.ask === 0 || (again && asked.isAnswered)) {
      asked.ask = ++this.#asks
      asked.isAnswered = false
      asked.answer = newAnswer()
      this.#listen()
      await this.#say(digest, asked)
    }
    await asked.answer.promise
  }

  /** One needs it no more. */
  drop(digest: string): void {
    const asked = this.#asked.get(digest)
    if (asked === undefined || --asked.count > 0) return
    this.#asked.delete(digest)
    asked.answer.resolve()
    this.#takeBack(digest)
    if (this.#asked.size === 0) this.#stopListening()
  }

  /** Nothing is asked of others any more: this context runs the source, or nothing is needed. */
  stop(): void {
    for (const [digest, { answer }] of this.#asked) {
      answer.resolve()
      this.#takeBack(digest)
    }
    this.#asked.clear()
    this.#stopListening()
  }

  async #say(digest: string, { subset, ask }: Asked): Promise<void> {
    const { presence, pending, codec } = this.#internals
    const text = wantText({ subset, ask }, codec)
    await pending.run(() => presence.say(wantOf(this.#collection, digest), text))
  }

  #takeBack(digest: string): void {
    const { presence, pending, events } = this.#internals
    // A handle that closes takes back everything.
    if (pending.isClosing) return
    presence.say(wantOf(this.#collection, digest), undefined).catch(events.report)
  }

  #listen(): void {
    if (this.#unsubscribe !== undefined) return
    this.#unsubscribe = this.#internals.presence.listen(() => this.#read())
    this.#armBackstop()
  }

  #armBackstop(): void {
    this.#cancelBackstop = this.#internals.clock.after(BACKSTOP, () => {
      this.#read()
      this.#armBackstop()
    })
  }

  #stopListening(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#cancelBackstop?.()
  }

  #read(): void {
    const { presence, origin, events, pending } = this.#internals
    if (pending.isClosing || [...this.#asked.values()].every(({ isAnswered }) => isAnswered)) return
    const prefix = replyTo(this.#collection, origin)
    presence
      .others(prefix)
      .then((notices) => {
        for (const { topic, value } of notices)
          this.#hear(topic.slice(prefix.length), JSON.parse(value) as Reply)
      })
      .catch(events.report)
  }

  #hear(digest: string, reply: Reply): void {
    const asked = this.#asked.get(digest)
    if (asked === undefined || asked.isAnswered || reply.ask !== asked.ask) return
    asked.isAnswered = true
    const { answer } = asked
    if ('failed' in reply) {
      answer.reject(new SourceError(this.#collection, { cause: new Error(reply.failed) }))
      return
    }
    this.#internals.tail.until(reply.seq, [this.#collection]).then(answer.resolve, answer.reject)
  }
}

function newAnswer(): Deferred<void> {
  const answer = deferred<void>()
  // Whoever waits for it is told; nobody has to.
  answer.promise.catch(() => undefined)
  return answer
}
