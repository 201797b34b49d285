/** A Standard Schema, written by hand, whose input and output differ. */

import type { StandardSchemaV1 } from '@standard-schema/spec'

/** What an app inserts: the date as a text, `done` may be left out. */
export interface TaskInput {
  id: string
  title: string
  due: string | Date
  done?: boolean | undefined
}

/** What is kept: the date as a Date, `done` always there. */
export interface Task {
  id: string
  title: string
  due: Date
  done: boolean
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

export const taskSchema: StandardSchemaV1<TaskInput, Task> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { id, title, due, done } = fieldsOf(value)
      if (typeof id !== 'string') return { issues: [{ message: 'id must be a text', path: ['id'] }] }
      if (typeof title !== 'string') return { issues: [{ message: 'title must be a text', path: ['title'] }] }
      const date = due instanceof Date ? due : new Date(String(due))
      if (Number.isNaN(date.getTime())) return { issues: [{ message: 'due must be a date', path: ['due'] }] }
      return { value: { id, title, due: date, done: done === true } }
    },
  },
}
