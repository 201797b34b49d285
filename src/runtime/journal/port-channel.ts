/** A channel over something with two ends: a MessagePort, a worker and its page, a window and its main process. */

import type { Hub, Link } from './channel.js'

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
    port.addEventListener('message', ({ data }) => listener(data))
    port.start?.()
  },
  close: () => port.close?.(),
})

export const portHub = (port: Port): Hub => ({
  listen(listener) {
    port.addEventListener('message', ({ data }) => listener(data, (answer) => port.postMessage(answer)))
    port.start?.()
  },
  announce: (announcement) => port.postMessage(announcement),
  close: () => port.close?.(),
})
