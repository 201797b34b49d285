/** The floor: the same driver with one table of JSON. The loop is in the worker: nothing of a page is in it. */

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
  await ask({ name })
  return {
    get size() {
      return size
    },
    async insert() {
      throw new Error('the floor is measured in its worker')
    },
    insertEach(rows) {
      size += rows.length
      return ask({ rows })
    },
  }
}
