/** A page that tests drive: it opens a daybook with a collection, and puts what they call on `window.app`. */

import { createCollection } from '@tanstack/db'
import {
  type BrowserOptions,
  openDaybook,
  persistedCollectionOptions,
  type TraceEvent,
} from 'daybook/browser'
import { makeFaulty } from './faults.js'

export interface Row {
  readonly id: string
  readonly [field: string]: unknown
}

const settings = new URLSearchParams(location.search)
if (settings.has('faulty')) makeFaulty(Number(settings.get('faulty')))

const traced: TraceEvent[] = []

function open(options: Partial<BrowserOptions> = {}) {
  const daybook = openDaybook({
    name: settings.get('name') ?? 'test',
    // Tests read in the log what was written.
    retain: 'all',
    ...(settings.has('fallback') && { fallback: 'memory' as const }),
    ...(settings.has('trace') && { trace: (event: TraceEvent) => void traced.push(event) }),
    ...(settings.has('power') && { durability: 'power' as const }),
    ...(settings.has('timeout') && { openTimeout: Number(settings.get('timeout')) }),
    ...(settings.has('journeyapps') && {
      worker: () =>
        new Worker(new URL('daybook-dist/browser-worker-journeyapps.js', import.meta.url), {
          type: 'module',
        }),
    }),
    ...(settings.has('faulty') && {
      worker: () =>
        new Worker(new URL('./faulty-worker.ts', import.meta.url), {
          type: 'module',
          name: settings.get('faulty') as string,
        }),
    }),
    ...options,
  })
  const errors: string[] = []
  daybook.on('error', (error) => errors.push(String(error)))
  const rows = createCollection(
    persistedCollectionOptions({ id: 'rows', getKey: (row: Row) => row.id, persistence: daybook }),
  )
  return { daybook, rows, errors }
}

const { daybook, rows, errors } = open()
let running: Promise<void> | undefined

const app = {
  daybook,
  rows,
  errors,
  traced,
  open,
  createCollection,
  persistedCollectionOptions,
  ready: () => daybook.ready,
  preload: () => rows.preload(),
  insert: (row: Row) => rows.insert(row).isPersisted.promise.then(() => undefined),
  /** Inserts one row after another until stop(); answers with the ids that were acknowledged. */
  write(prefix: string) {
    const acknowledged: string[] = []
    let stopped = false
    running = (async () => {
      for (let n = 0; !stopped; n++) {
        await app.insert({ id: `${prefix}/${n}` })
        acknowledged.push(`${prefix}/${n}`)
      }
    })()
    app.acknowledged = acknowledged
    app.stop = async () => {
      stopped = true
      await running
      return acknowledged
    }
  },
  acknowledged: [] as string[],
  stop: async () => [] as string[],
  ids: () => [...rows.keys()].sort(),
  status: () => daybook.status,
  /** The longest time in which the page could do nothing else while this went on, in ms. */
  async longestPause(work: () => Promise<unknown>) {
    let done = false
    const finished = work().finally(() => {
      done = true
    })
    let longest = 0
    for (let last = performance.now(); !done; ) {
      await nextTask()
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
    await finished
    return longest
  },
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => resolve()
    port2.postMessage(undefined)
  })
}

declare global {
  interface Window {
    app: typeof app
  }
}
window.app = app
