/** Descriptions that several DbClients use, as on a server that renders for several users. */

import { collectionOptions, DbClient } from '@tanstack/db'
import type { QueryClient } from '@tanstack/query-core'
import { queryCollectionOptions } from '@tanstack/query-db-collection'
import { expect, test } from 'vitest'
import { type Daybook, persistedCollectionOptions } from '../../src/node.js'
import { eventually, open, rowsIn } from '../runtime/fixture.js'
import { RestServer, type ServerTodo } from '../support/rest-server.js'
import { fetchTodos, newClient } from './query.js'

const milk = { id: 1, title: 'Buy milk' }
const book = { id: 2, title: 'Keep the book' }

const todosOf = (server: RestServer) =>
  collectionOptions('todos', (client) =>
    persistedCollectionOptions({
      ...queryCollectionOptions({
        id: 'todos',
        queryKey: ['todos'],
        queryFn: () => fetchTodos(server.url),
        queryClient: client.requireDependency<QueryClient>('queryClient'),
        getKey: (todo: ServerTodo) => todo.id,
      }),
      persistence: client.requireDependency<Daybook>('daybook'),
    }),
  )

test('each client has a collection, a QueryClient and a daybook of its own', async () => {
  const server = await RestServer.start([milk])
  const todos = todosOf(server)
  const [one, two] = [open(), open()].map((daybook) =>
    new DbClient({ daybook, queryClient: newClient() }).collection(todos),
  )
  await Promise.all([one?.preload(), two?.preload()])
  expect(server.requests).toHaveLength(2)
  server.rows.set(2, book)
  await one?.utils.refetch()
  expect(rowsIn(one as never)).toEqual([milk, book])
  expect(rowsIn(two as never)).toEqual([milk])
  await Promise.all([one?.cleanup(), two?.cleanup()])
})

test('clients that share a daybook share its rows and one source', async () => {
  const server = await RestServer.start([milk])
  const todos = todosOf(server)
  const daybook = open()
  const [one, two] = [newClient(), newClient()].map((queryClient) =>
    new DbClient({ daybook, queryClient }).collection(todos),
  )
  await Promise.all([one?.preload(), two?.preload()])
  expect(server.requests).toHaveLength(1)
  server.rows.set(2, book)
  await Promise.all([one?.utils.refetch(), two?.utils.refetch()])
  await eventually(() => one?.size === 2 && two?.size === 2, 'the new row')
  await Promise.all([one?.cleanup(), two?.cleanup()])
})
