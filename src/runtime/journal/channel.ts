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

/**
 * One end for two channels: a near one to the context that it lives with, and a far one to all others. To tell the others
 * takes about as long as to write: unless one of them has asked for something, they are told in a turn of their own, so
 * that an answer on the near channel does not wait for it.
 */
export function joinedHub(near: Hub, far: Hub, clock: Clock): Hub {
  let isAwaited = false
  let late: Announcement[] = []
  const tellOthers = (): void => {
    const news = late
    late = []
    for (const announcement of news) far.announce(announcement)
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
      // Whoever has asked there finds the news before the answer, and need not read the log for it.
      if (isAwaited) tellOthers()
      else if (isFirst) clock.after(0, tellOthers)
      isAwaited = false
    },
    close() {
      late = []
      near.close()
      far.close()
    },
  }
}
