/**
 * A channel over something with two ends: a MessagePort, a worker and its page, a window and its main process.
 *
 * What the leader announces goes with its next answer, as one message: whoever appends is told of the entry and gets the
 * position at once.
 */

import type { Clock } from '../clock.js'
import type { Hub, Link } from './channel.js'
import { heldNews } from './held-news.js'
import type { Answer } from './protocol.js'

/** One end. */
export interface Port {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  /** Ports deliver nothing before they are started. */
  start?(): void
  close?(): void
}

export const portLink = (port: Port): Link => ({
  send: (request) => port.postMessage(request),
  listen(listener) {
    port.addEventListener('message', ({ data }) => unpack(data, listener))
    port.start?.()
  },
  close: () => port.close?.(),
})

export function portHub(port: Port, clock: Clock): Hub {
  const news = heldNews(clock, send)
  function send(...answer: Answer[]): void {
    const messages = [...news.take(), ...answer]
    port.postMessage(messages.length === 1 ? messages[0] : messages)
  }
  return {
    listen(listener) {
      port.addEventListener('message', ({ data }) => listener(data, send))
      port.start?.()
    },
    announce: news.hold,
    close() {
      news.take()
      port.close?.()
    },
  }
}

/** Hands over each of the messages that came as one. */
export function unpack(data: unknown, listener: (message: unknown) => void): void {
  for (const message of Array.isArray(data) ? data : [data]) listener(message)
}
