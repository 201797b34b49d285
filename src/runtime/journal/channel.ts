/**
 * Channels: what carries messages between the context that has the database (the leader) and the others.
 *
 * A channel may lose, double, delay and reorder messages; everything above is made for that. It hands over whatever
 * arrives, from anybody: who receives a message checks it (protocol.ts).
 */

import type { Clock } from '../clock.js'
import { heldNews } from './held-news.js'
import type { Announcement, Answer, Request } from './protocol.js'

/** The line of one context to whoever leads. */
export interface Link {
  /** Sends to the leader, if there is one. */
  send(request: Request): void
  /** Calls back with answers for this context, and with what the leader announces to all. */
  listen(listener: (message: unknown) => void): void
  close(): void
}

/** The leader's end. */
export interface Hub {
  /** Calls back with what any context sends, and a way to answer that one only. */
  listen(listener: (message: unknown, answer: (answer: Answer) => void) => void): void
  /** Tells all contexts. */
  announce(announcement: Announcement): void
  close(): void
}

/** How many entries are told at once. */
const TOGETHER = 64

/**
 * One end for two channels: a near one to the context that it lives with, and a far one to all others. To tell the others
 * takes about as long as to write: unless one of them has asked for something, they are told a little later and of several
 * entries at once, so that neither an answer on the near channel nor the next append waits for it.
 */
export function joinedHub(near: Hub, far: Hub, clock: Clock): Hub {
  let isAwaited = false
  const news = heldNews(clock, tellOthers)
  function tellOthers(): void {
    for (const announcement of joined(news.take())) far.announce(announcement)
  }
  return {
    listen(listener) {
      near.listen(listener)
      far.listen((message, answer) => {
        isAwaited = true
        listener(message, answer)
      })
    },
    announce(announcement) {
      near.announce(announcement)
      news.hold(announcement)
      // Whoever has asked there finds the news before the answer, and need not read the log for it.
      if (isAwaited || announcement.destroyed === true) tellOthers()
      isAwaited = false
    },
    close() {
      news.take()
      near.close()
      far.close()
    },
  }
}

/** The same news in fewer announcements. One without entries, whose entries are large, stays by itself. */
function joined(news: readonly Announcement[]): Announcement[] {
  const groups: Announcement[] = []
  for (const next of news) {
    const last = groups.at(-1)?.entries ?? []
    const entries = [...last, ...next.entries]
    const isTogether = last.length > 0 && next.entries.length > 0 && entries.length <= TOGETHER
    if (isTogether) groups.pop()
    groups.push(isTogether ? { ...next, entries } : next)
  }
  return groups
}
