/**
 * The worker of one context: contends for the Web Lock of the daybook; who has it opens the database, claims its term and
 * serves everybody. Before that nothing is opened.
 */

import { openMemory, openOpfs, type WaSqlite } from '../../drivers/opfs-pool.js'
import { waSqliteDriver } from '../../drivers/wa-sqlite.js'
import { systemClock } from '../clock.js'
import { broadcastHub } from '../journal/broadcast-channel.js'
import type { Hub } from '../journal/channel.js'
import { type Port, portHub } from '../journal/port-channel.js'
import { isRequest, PROTOCOL } from '../journal/protocol.js'
import { Server } from '../journal/server.js'
import { toWire } from '../journal/wire-error.js'
import { openJournal } from '../open.js'
import { Origin } from '../origin.js'
import { aliveLock, leaderLock, type Start, type Told } from './messages.js'

/**
 * How often a queued request for the lock is made anew, in ms: with the back/forward cache a holder that navigated away
 * keeps the lock from requests that were queued before, for minutes.
 */
const ASK_AGAIN = 2000

/** How long everybody is told that the database cannot be opened, before it is tried again, in ms. */
const FAILED = 1000

/** The port of a dedicated worker. */
type WorkerPort = Port & { onmessage: unknown }

/** Runs in a worker from its beginning to its end. */
export function leadFrom(port: WorkerPort, binding: WaSqlite): void {
  const begin = ({ data }: { data: unknown }): void => {
    const start = (data as { readonly start?: Start }).start
    if (start === undefined) return
    const tell = (told: Told): void => port.postMessage({ told })
    if (start.storage === 'memory') void serve(start, portHub(port), binding, tell)
    else {
      void navigator.locks.request(aliveLock(start.name, start.id), () => new Promise(() => undefined))
      void contend(start, binding, tell)
    }
  }
  port.addEventListener('message', begin)
}

async function contend(start: Start, binding: WaSqlite, tell: (told: Told) => void): Promise<never> {
  for (;;) {
    const again = new AbortController()
    const timer = setTimeout(() => again.abort(), ASK_AGAIN)
    try {
      await navigator.locks.request(leaderLock(start.name), { signal: again.signal }, async () => {
        clearTimeout(timer)
        await serve(start, broadcastHub(start.name), binding, tell)
      })
    } catch (error) {
      if ((error as Partial<DOMException>).name !== 'AbortError') throw error
    }
  }
}

/** Serves until the worker ends; comes back only when the database cannot be opened. */
async function serve(start: Start, hub: Hub, binding: WaSqlite, tell: (told: Told) => void): Promise<void> {
  const { name, id, durability, retain, storage } = start
  const fail = (error: unknown): void => tell({ failed: toWire(error) })
  try {
    const opened = storage === 'memory' ? await openMemory(binding) : await openOpfs(binding, name)
    const driver = await waSqliteDriver(opened, { durability, busyTimeout: 0 })
    const { journal, maintenance } = await openJournal({
      driver,
      clock: systemClock,
      origin: new Origin(),
      durability,
      retain,
      onError: fail,
    })
    const claimed = await journal.claimTerm()
    new Server({ id, journal, maintenance, hub, clock: systemClock, claimed, onError: fail })
    tell({ leading: true })
    await new Promise(() => undefined)
  } catch (error) {
    // Whoever waits is told why, instead of waiting for nobody.
    const result = { error: toWire(error) }
    hub.listen((message, reply) => {
      if (isRequest(message))
        reply({ daybook: PROTOCOL, to: message.from, id: message.id, leader: id, result })
    })
    fail(error)
    await new Promise((resolve) => setTimeout(resolve, FAILED))
    hub.close()
  }
}
