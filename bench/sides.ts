/**
 * The sides of the cases that insert, each in a thread of its own for as long as the case takes: what one side does to
 * the engine must not slow the others. (Measured: the peer creates an AsyncLocalStorage, and from then on Node 20 calls
 * a hook for every promise of that thread.) The rounds stay interleaved: one side works, the others wait.
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export type SideName = 'daybook' | 'peer' | 'memory'

export interface Task {
  readonly side: SideName
  readonly filename: string
  readonly count: number
  /** All rows as one transaction; otherwise one after the other, each awaited. */
  readonly together: boolean
}

/** Rows a second: until the promises resolved, and until the file was closed as well. */
export interface Measured {
  readonly inserted: number
  readonly closed: number
}

type Answer = { readonly measured: Measured } | { readonly error: string }

export function openSides(): (task: Task) => Promise<Measured> {
  const workers = new Map<SideName, Worker>()
  return async (task) => {
    const worker = workers.get(task.side) ?? new Worker(new URL('./side-worker.js', import.meta.url))
    workers.set(task.side, worker)
    worker.ref()
    worker.postMessage(task)
    const [answer] = (await once(worker, 'message')) as [Answer]
    worker.unref()
    if ('error' in answer) throw new Error(answer.error)
    return answer.measured
  }
}
