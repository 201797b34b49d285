// @ts-expect-error a package of its own, without types here
import { openTodos } from '../../peer/todos-browser.mjs'
import type { OpenTodos } from './main.js'

export async function open(name: string): Promise<OpenTodos> {
  const todos = await openTodos(name)
  return {
    get size() {
      return todos.size
    },
    insert: (rows) => todos.insert(rows).isPersisted.promise,
  }
}
