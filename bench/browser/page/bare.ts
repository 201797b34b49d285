/** The floor: the same driver with one table of JSON. The loop is in the worker: nothing of a page is in it. */

import type { Todo } from '../../rows.js'
import type { OpenTodos } from './main.js'

export async function open(name: string): Promise<OpenTodos> {
  const worker = new Worker(new URL('./bare-worker.ts', import.meta.url), { type: 'module' })
  let size = 0
  const ask = (message: object): Promise<number> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        data.error === undefined ? resolve(data.ms) : reject(new Error(data.error))
      worker.onerror = (event) => reject(new Error(event.message))
      worker.postMessage(message)
    })
  const insertEach = (rows: readonly Todo[]): Promise<number> => {
    size += rows.length
    return ask({ rows })
  }
  await ask({ name })
  return {
    get size() {
      return size
    },
    insert: (rows) => insertEach([rows].flat()),
    insertEach,
  }
}
