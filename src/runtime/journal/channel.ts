/**
 * Channels: what carries messages between the context that has the database (the leader) and the others.
 *
 * A channel may lose, double, delay and reorder messages; everything above is made for that. It hands over whatever
 * arrives, from anybody: who receives a message checks it (protocol.ts).
 */

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

/** One end for contexts on several channels. */
export const joinedHub = (hubs: readonly Hub[]): Hub => ({
  listen(listener) {
    for (const hub of hubs) hub.listen(listener)
  },
  announce(announcement) {
    for (const hub of hubs) hub.announce(announcement)
  },
  close() {
    for (const hub of hubs) hub.close()
  },
})
