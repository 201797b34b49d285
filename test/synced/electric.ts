/** What the tests of Electric collections share: Electric's real client, on a server that speaks its protocol. */

import type { ShapeStreamOptions } from '@electric-sql/client'
import { createCollection, createLiveQueryCollection, eq } from '@tanstack/db'
import { electricCollectionOptions } from '@tanstack/electric-db-collection'
import { afterEach } from 'vitest'
import { type Daybook, persistedCollectionOptions } from '../../src/node.js'
import { newFile, open } from '../runtime/fixture.js'
import { ElectricServer } from '../support/electric-server.js'

export type Todo = { id: string; title: string }

const opened: { cleanup(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.allSettled(opened.splice(0).map((collection) => collection.cleanup()))
})

export interface ElectricSettings {
  readonly id?: string
  readonly table?: string
  /** As an app may: told of what will not come right by itself; an object as answer means to try again. */
  readonly onError?: ShapeStreamOptions['onError']
  readonly readiness?: 'local' | 'remote'
  readonly syncMode?: 'eager' | 'on-demand' | 'progressive'
  /** More of what makes the shape. */
  readonly params?: Record<string, string>
  readonly identity?: string
}

/** A server whose table of to-dos has these rows. */
export async function serverWith(...rows: Todo[]): Promise<ElectricServer> {
  const server = await ElectricServer.start()
  for (const row of rows) server.change('insert', row)
  return server
}

/** An Electric collection; rows that are inserted go to the server's own API, as in an app. */
export function electricTodos(persistence: Daybook, server: ElectricServer, settings: ElectricSettings = {}) {
  const { id = 'todos', table = 'todos', onError, readiness, syncMode, params, identity } = settings
  const { url } = server
  const collection = createCollection(
    persistedCollectionOptions({
      ...electricCollectionOptions<Todo>({
        id,
        shapeOptions: {
          url,
          params: { table, ...params },
          backoffOptions: { initialDelay: 5, maxDelay: 20, multiplier: 1.5 },
          ...(onError && { onError }),
        },
        ...(syncMode && { syncMode }),
        getKey: (todo) => todo.id,
        onInsert: async ({ transaction }) => {
          const { modified } = transaction.mutations[0]
          const response = await fetch(new URL(`/${table}`, url), {
            method: 'POST',
            body: JSON.stringify(modified),
          })
          const { txid } = (await response.json()) as { txid: number }
          return { txid }
        },
      }),
      persistence,
      ...(readiness && { readiness }),
      ...(identity && { identity }),
    }),
  )
  opened.push(collection)
  return collection
}

/** A live query over the to-dos of one title. */
export function titled(todos: ReturnType<typeof electricTodos>, title: string) {
  const live = createLiveQueryCollection((q) =>
    q.from({ todo: todos }).where(({ todo }) => eq(todo.title, title)),
  )
  opened.unshift(live)
  return live
}

export const idsOf = (rows: { readonly toArray: readonly { readonly id: string }[] }): string[] =>
  rows.toArray.map(({ id }) => id).sort()

/** The resume token on disk, as Electric writes it. */
export async function tokenOf(
  daybook: Daybook,
  collection = 'todos',
): Promise<{ kind: string; offset?: string; handle?: string } | undefined> {
  const { state } = await daybook.journal.query(collection)
  const found = state.find(({ name }) => name === '"electric:resume"')
  return found && JSON.parse(found.value)
}

/** A file that has what the server had. */
export async function synced(server: ElectricServer): Promise<string> {
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server)
  await todos.preload()
  await todos.cleanup()
  await daybook.close()
  return file
}
