/**
 * A channel in memory that a test makes faulty: it loses, doubles, delays and reorders messages, by dice that come from
 * the outside. Messages are cloned, as every real channel does.
 */

import type { Hub, Link } from '../../runtime/journal/channel.js'

export interface Faults {
  /** Called for each message: how often it arrives (0 loses it), and after how many ms each time. */
  readonly fate: () => readonly number[]
  readonly after: (ms: number, deliver: () => void) => void
}

type Listener = (message: unknown) => void
type Serve = (message: unknown, answer: Listener) => void

export class Network {
  readonly #faults: Faults
  readonly #contexts = new Map<string, Listener>()
  /** More than one, where two believe that they lead. */
  readonly #hubs = new Set<{ readonly serve: Serve }>()

  constructor(faults: Faults) {
    this.#faults = faults
  }

  link(id: string): Link {
    return {
      send: (request) => this.sendToLeader(request),
      listen: (listener) => void this.#contexts.set(id, listener),
      close: () => void this.#contexts.delete(id),
    }
  }

  /** Whatever message, from anybody. */
  sendToLeader(message: unknown): void {
    this.#carry(message, (arrived) => {
      for (const { serve } of [...this.#hubs]) {
        serve(arrived, (answer) => this.sendTo((answer as { to: string }).to, answer))
      }
    })
  }

  sendTo(context: string, message: unknown): void {
    this.#carry(message, (arrived) => this.#contexts.get(context)?.(arrived))
  }

  hub(): Hub {
    const own: { serve: Serve } = { serve: () => undefined }
    return {
      listen: (listener) => {
        own.serve = listener as Serve
        this.#hubs.add(own)
      },
      announce: (announcement) => {
        for (const context of [...this.#contexts.keys()]) this.sendTo(context, announcement)
      },
      close: () => void this.#hubs.delete(own),
    }
  }

  #carry(message: unknown, deliver: Listener): void {
    for (const delay of this.#faults.fate()) {
      const copy = structuredClone(message)
      this.#faults.after(delay, () => deliver(copy))
    }
  }
}
