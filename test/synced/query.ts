/** What the tests of Query collections share: a real QueryClient, and collections that fetch from a server. */

import { createCollection } from '@tanstack/db'
import { QueryClient } from '@tanstack/query-core'
import { queryCollectionOptions } from '@tanstack/query-db-collection'
import { afterEach, beforeEach, vi } from 'vitest'
import { type Daybook, persistedCollectionOptions } from '../../src/node.js'
import { newFile, open } from '../runtime/fixture.js'
import type { RestServer, ServerTodo } from '../support/rest-server.js'

const opened: { cleanup(): Promise<void> }[] = []
const clients: QueryClient[] = []

// Query says on the console what fails; the tests look at what reaches the app.
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.allSettled(opened.splice(0).map((collection) => collection.cleanup()))
  for (const client of clients.splice(0)) client.clear()
})

/** A client as an app makes it on every start. */
export function newClient(): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  clients.push(client)
  return client
}

export async function fetchTodos(url: string): Promise<ServerTodo[]> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  return response.json() as Promise<ServerTodo[]>
}

export async function send(method: string, url: string, body?: object): Promise<void> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) })
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
}

export interface QuerySettings {
  readonly id?: string
  readonly queryClient?: QueryClient
  readonly enabled?: boolean
  readonly staleTime?: number
  readonly gcTime?: number
  readonly retry?: number | boolean
  readonly readiness?: 'local' | 'remote'
}

/** A Query collection of the server's to-dos; what is changed in it is sent to the server first. */
export function queryTodos(persistence: Daybook, server: RestServer, settings: QuerySettings = {}) {
  const { id = 'todos', queryClient = newClient(), readiness, ...query } = settings
  const { url } = server
  const collection = createCollection(
    persistedCollectionOptions({
      ...queryCollectionOptions({
        id,
        queryKey: [id],
        queryFn: () => fetchTodos(url),
        queryClient,
        getKey: (todo: ServerTodo) => todo.id,
        onInsert: async ({ transaction }) => {
          for (const { modified } of transaction.mutations) await send('POST', url, modified)
        },
        onUpdate: async ({ transaction }) => {
          for (const { key, changes } of transaction.mutations) await send('PATCH', `${url}/${key}`, changes)
        },
        onDelete: async ({ transaction }) => {
          for (const { key } of transaction.mutations) await send('DELETE', `${url}/${key}`)
        },
        ...query,
      }),
      persistence,
      ...(readiness && { readiness }),
    }),
  )
  opened.push(collection)
  return collection
}

/** A file that has what the server had. */
export async function synced(server: RestServer): Promise<string> {
  const file = newFile()
  const daybook = open(file)
  await queryTodos(daybook, server).preload()
  await daybook.close()
  return file
}
