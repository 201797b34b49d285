import { collectionOptions, DbClient } from '@tanstack/db'
import { describe, expect, it } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { newFile, open, rowsIn, type Todo } from './fixture.js'

const FACTORY = Symbol.for('@tanstack/db.collectionConfig.factory')
const READINESS = Symbol.for('@tanstack/db.persistedReadiness')

const optionsOn = (persistence: ReturnType<typeof open>) =>
  persistedCollectionOptions({ id: 'todos', persistence, getKey: (todo: Todo) => todo.id })

describe('options that several DbClients use', () => {
  it('make a config of its own for each: nothing of the state is shared', () => {
    const options = optionsOn(open()) as unknown as Record<
      symbol,
      (client: DbClient) => Record<symbol, unknown>
    >
    const make = options[FACTORY]
    const [one, two] = [make?.(new DbClient()), make?.(new DbClient())]
    expect(one).toBeDefined()
    for (const name of ['sync', 'utils', 'onInsert', READINESS] as never[]) {
      expect(one?.[name], String(name)).toBeDefined()
      expect(one?.[name], String(name)).not.toBe(two?.[name])
      expect(one?.[name], String(name)).not.toBe(options[name])
    }
    // And a factory of its own, for whoever materialises those again.
    expect(one?.[FACTORY]).toBeTypeOf('function')
  })

  it('give two collections that both follow one log', async () => {
    const file = newFile()
    const daybook = open(file)
    const todos = collectionOptions(optionsOn(daybook))
    const [here, there] = [new DbClient(), new DbClient()].map((client) => client.collection(todos))
    expect(here).not.toBe(there)
    await Promise.all([here?.preload(), there?.preload()])
    await here?.insert({ id: 1, title: 'a' }).isPersisted.promise
    expect(there?.get(1)?.title).toBe('a')
    await here?.cleanup()
    await there?.insert({ id: 2, title: 'b' }).isPersisted.promise
    await here?.preload()
    expect(rowsIn(here as never)).toHaveLength(2)
  })

  it('keep a transaction of a client as one entry', async () => {
    const daybook = open()
    const client = new DbClient()
    const todos = client.collection(collectionOptions(optionsOn(daybook)))
    await todos.preload()
    const transaction = client.createTransaction({
      mutationFn: (params) => daybook.commit(params.transaction),
    })
    transaction.mutate(() => {
      todos.insert({ id: 1, title: 'a' })
      todos.insert({ id: 2, title: 'b' })
    })
    await transaction.isPersisted.promise
    expect((await daybook.head()).seq).toBe(2)
    expect(rowsIn(todos)).toHaveLength(2)
  })
})

describe('spreading the options into others', () => {
  it('keeps the readiness that live queries look for', () => {
    const options = optionsOn(open())
    expect(Reflect.get({ ...options }, READINESS)).toBe(Reflect.get(options, READINESS))
    expect(Reflect.get(options, READINESS)).toBeDefined()
  })
})
