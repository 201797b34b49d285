/** One line for all daybooks on one handle. */

import type { HandleQueue } from './runner.js'

const queues = new WeakMap<object, HandleQueue>()

/** The queue of a handle; the same object each time. */
export function queueOf(handle: object): HandleQueue {
  let queue = queues.get(handle)
  if (queue === undefined) {
    queue = { last: undefined }
    queues.set(handle, queue)
  }
  return queue
}
