/**
 * The worker of one context: contends for the Web Lock of the daybook; who has it opens the database, claims its term and
 * serves everybody. Before that nothing is opened.
 */

import { DestroyedError } from '../../errors.js'
import { pause } from '../clock.js'
import { type Hub, joinedHub } from '../journal/channel.js'
import type { JournalEvent } from '../journal/meter.js'
import { type Port, portHub } from '../journal/port-channel.js'
import { type Answer, isRequest, PROTOCOL } from '../journal/protocol.js'
import { Server } from '../journal/server.js'
import { toWire } from '../journal/wire-error.js'
import { type OpenedHere, openJournal } from '../open.js'
import { Origin } from '../origin.js'
import { aliveLock, type FromWorker, leaderLock, type Start } from './messages.js'
import type { WorkerSurroundings } from './surroundings.js'

/**
 * How often a queued request for the lock is made anew, in ms: with the back/forward cache a holder that navigated away
 * keeps the lock from requests that were queued before, for minutes.
 */
const ASK_AGAIN = 2000

/** How long everybody is told that the database cannot be opened, before it is tried again, in ms. */
const FAILED = 1000

/** Runs in a worker from its beginning to its end; `port` is the worker's to its page. */
export function leadFrom(port: Port, surroundings: WorkerSurroundings): void {
  port.addEventListener('message', ({ data }) => {
    const start = (data as { readonly start?: Start }).start
    if (start !== undefined) new Leader(start, port, surroundings).begin()
  })
}

class Leader {
  readonly #start: Start
  readonly #port: Port
  readonly #surroundings: WorkerSurroundings

  constructor(start: Start, port: Port, surroundings: WorkerSurroundings) {
    this.#start = start
    this.#port = port
    this.#surroundings = surroundings
  }

  begin(): void {
    const { storage, name, id } = this.#start
    if (storage === 'memory') {
      void this.#serve(portHub(this.#port, this.#surroundings.clock))
      return
    }
    void this.#surroundings.locks.request(aliveLock(name, id), {}, forever)
    void this.#contend()
  }

  async #contend(): Promise<never> {
    const { clock, locks, hub } = this.#surroundings
    const { name } = this.#start
    for (;;) {
      const again = new AbortController()
      const cancel = clock.after(ASK_AGAIN, () => again.abort())
      try {
        await locks.request(leaderLock(name), { signal: again.signal }, async () => {
          cancel()
          // Its own page need not go the long way.
          await this.#serve(joinedHub(portHub(this.#port, clock), hub(name), clock))
        })
      } catch (error) {
        if ((error as Partial<DOMException>).name !== 'AbortError') throw error
      }
    }
  }

  /** Serves until the worker ends; comes back only when the database cannot be opened, or was destroyed. */
  async #serve(hub: Hub): Promise<void> {
    const { clock, open } = this.#surroundings
    const { id, durability, retain } = this.#start
    const onError = (error: unknown): void => {
      if (!(error instanceof DestroyedError)) this.#tell({ told: { failed: toWire(error) } })
    }
    const trace = this.#start.trace ? (traced: JournalEvent): void => this.#tell({ traced }) : undefined
    const began = clock.elapsed()
    let opened: OpenedHere | undefined
    try {
      const origin = new Origin()
      opened = await open(this.#start, (driver) =>
        openJournal({ driver, clock, origin, durability, retain, onError, trace }),
      )
      const { journal, maintenance, damage } = opened
      if (damage !== undefined) this.#tell({ told: { failed: toWire(damage.error), damage } })
      const claimed = await journal.claimTerm()
      trace?.({ type: 'term', term: claimed.term, duration: clock.elapsed() - began })
      await new Promise<void>((resolve) => {
        const destroy = (): Promise<void> => this.#surroundings.destroy(this.#start).finally(resolve)
        new Server({ id, journal, maintenance, hub, clock, claimed, onError, destroy })
      })
      // Whoever asks meanwhile is told; then the next one opens an empty database.
      await pause(clock, FAILED, new AbortController().signal)
      hub.close()
    } catch (error) {
      // Its files are somebody else's to open.
      await opened?.journal.close().catch(onError)
      // Whoever waits is told why, instead of waiting for nobody.
      const refused = { error: toWire(error) }
      let destroyed: Promise<void> | undefined
      hub.listen((message, reply) => {
        if (!isRequest(message)) return
        const answer = (result: Answer['result']): void =>
          reply({ daybook: PROTOCOL, to: message.from, id: message.id, leader: id, result })
        if (message.method !== 'destroy') return answer(refused)
        // Once, however often it is asked for: also by a context that only asks again.
        destroyed ??= this.#surroundings.destroy(this.#start)
        destroyed.then(
          () => answer({ value: undefined }),
          (failure) => answer({ error: toWire(failure) }),
        )
      })
      onError(error)
      await pause(clock, FAILED, new AbortController().signal)
      // The next one that has the lock would begin with what is half done here.
      await Promise.allSettled([destroyed])
      hub.close()
    }
  }

  #tell(message: FromWorker): void {
    this.#port.postMessage(message)
  }
}

const forever = (): Promise<never> => new Promise(() => undefined)
