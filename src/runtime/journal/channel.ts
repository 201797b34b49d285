/**
 * Channels: what carries messages between the context that has the database (the leader) and the others.
 *
 * A channel may lose, double, delay and reorder messages; everything above is made for that. It hands over whatever
 * arrives, from anybody: who receives a message checks it (protocol.ts).
 */

import type { Clock } from '../clock.js'
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

/** How long the others wait for what one context writes, in ms: a part of a frame. */
const TOLD_WITHIN = 5

/** How many entries are told at once. */
const TOGETHER = 64

/**
 * One end for two channels: a near one to the context that it lives with, and a far one to all others. To tell the others
 * takes about as long as to write: unless one of them has asked for something, they are told a little later and of several
 * entries at once, so that neither an answer on the near channel nor the next append waits for it.
 */
export function joinedHub(near: Hub, far: Hub, clock: Clock): Hub {
  let isAwaited = false
  let late: Announcement[] = []
  const tellOthers = (): void => {
    const news = late
    late = []
    for (const announcement of joined(news)) far.announce(announcement)
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
      const isFirst = late.push(announcement) === 1
      // A new leader is waited for; and whoever has asked finds the news before the answer, and need not read the log.
      if (isAwaited || announcement.entries.length === 0) tellOthers()
      else if (isFirst) clock.after(TOLD_WITHIN, tellOthers)
      isAwaited = false
    },
    close() {
      late = []
      near.close()
      far.close()
    },
  }
}

/** The same news in fewer announcements. One without entries, whose entries are large, stays by itself. */
function joined(news: readonly Announcement[]): Announcement[] {
  const announcements: Announcement[] = []
  for (const next of news) {
    const last = announcements.at(-1)
    const entries = [...(last?.entries ?? []), ...next.entries]
    const isApart = last === undefined || last.entries.length === 0 || next.entries.length === 0
    if (isApart || entries.length > TOGETHER) announcements.push(next)
    else announcements[announcements.length - 1] = { ...next, entries }
  }
  return announcements
}
