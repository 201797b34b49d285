/** The rows of every case: a todo of about 130 characters as JSON. */

export const COLLECTION = 'todos'

export interface Todo {
  id: number
  title: string
  done: boolean
  priority: number
  tags: string[]
  createdAt: string
}

/** The same row for the same number, on every side and in every run. */
export const todo = (id: number): Todo => ({
  id,
  title: `Write down what happened on day ${id}`,
  done: id % 3 === 0,
  priority: id % 5,
  tags: ['book', `chapter-${id % 100}`],
  createdAt: new Date(1_700_000_000_000 + id * 1000).toISOString(),
})

/** `count` rows, numbered from `from`. */
export const todos = (count: number, from = 1): Todo[] =>
  Array.from({ length: count }, (_, index) => todo(from + index))
