/** News that wait a little: for an answer to go with, or for more of them to go together. */

import type { Cancel, Clock } from '../clock.js'
import type { Announcement } from './protocol.js'

/** How long, in ms: a part of a frame. */
const HELD = 5

export interface HeldNews {
  hold(announcement: Announcement): void
  take(): Announcement[]
}

/** `send` takes what is held and sends it. */
export function heldNews(clock: Clock, send: () => void): HeldNews {
  const held: Announcement[] = []
  let cancel: Cancel | undefined
  return {
    hold(announcement) {
      const isFirst = held.push(announcement) === 1
      // A new leader is waited for.
      if (announcement.entries.length === 0) send()
      else if (isFirst) cancel = clock.after(HELD, send)
    },
    take() {
      cancel?.()
      return held.splice(0)
    },
  }
}
