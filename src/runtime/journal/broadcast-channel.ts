/**
 * A channel over BroadcastChannel, for the contexts of one origin: each answer goes to the context that asked and is not
 * cloned into every tab.
 */

import type { Hub, Link } from './channel.js'

/** How many contexts a leader keeps a line to; one more takes the place of the one that was silent longest. */
const LINES = 256

const requestsOf = (name: string): string => `daybook:${name}:requests`
const newsOf = (name: string): string => `daybook:${name}:news`
const lineOf = (name: string, context: string): string => `daybook:${name}:to:${context}`

/** A line that can be let go for a while: a page with an open channel has no place in the back/forward cache. */
export interface PageLink extends Link {
  suspend(): void
  resume(): void
}

/** The line of a context; `name` is the daybook's, `context` its own id. */
export function broadcastLink(name: string, context: string): PageLink {
  let hear: (message: unknown) => void = () => undefined
  const open = (): BroadcastChannel[] => {
    const channels = [requestsOf(name), lineOf(name, context), newsOf(name)].map(
      (each) => new BroadcastChannel(each),
    )
    for (const channel of channels.slice(1)) channel.onmessage = ({ data }: MessageEvent) => hear(data)
    return channels
  }
  let channels = open()
  const close = (): void => {
    for (const channel of channels.splice(0)) channel.close()
  }
  return {
    // What is sent in between is lost, and sent again.
    send: (request) => channels[0]?.postMessage(request),
    listen(listener) {
      hear = listener
    },
    suspend: close,
    resume() {
      if (channels.length === 0) channels = open()
    },
    close,
  }
}

/** The leader's end for the daybook of this name. */
export function broadcastHub(name: string): Hub {
  const requests = new BroadcastChannel(requestsOf(name))
  const news = new BroadcastChannel(newsOf(name))
  const lines = new Map<string, BroadcastChannel>()
  const lineTo = (context: string): BroadcastChannel => {
    const line = lines.get(context) ?? new BroadcastChannel(lineOf(name, context))
    lines.delete(context)
    lines.set(context, line)
    const [silent] = lines
    if (lines.size > LINES && silent !== undefined) {
      silent[1].close()
      lines.delete(silent[0])
    }
    return line
  }
  return {
    listen(listener) {
      requests.onmessage = ({ data }: MessageEvent) =>
        listener(data, (answer) => lineTo(answer.to).postMessage(answer))
    },
    announce: (announcement) => news.postMessage(announcement),
    close() {
      for (const channel of [requests, news, ...lines.values()]) channel.close()
      lines.clear()
    },
  }
}
