/** Instances of an app's classes that a source brings. */

import { createCollection } from '@tanstack/db'
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { complete, eventually, newFile, open, type Todo, transactionsIn } from '../runtime/fixture.js'
import { Source } from './source.js'

const codecs = [
  {
    name: 'decimal',
    test: (value: unknown) => Decimal.isDecimal(value),
    encode: (value: Decimal) => value.toString(),
    decode: (stored: string) => new Decimal(stored),
  },
]

type Priced = Todo & { price: Decimal }

test('are kept, are there without the source, and are not written again when they come again', async () => {
  const file = newFile()
  const start = (source: Source) => {
    const daybook = open({ filename: file, retain: 'all', codecs })
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        getKey: (todo: Todo) => todo.id,
        sync: source.sync,
        persistence: daybook,
      }),
    )
    todos.startSyncImmediate()
    return { daybook, todos }
  }
  const row = (price: string): Priced => ({ id: 1, title: 'milk', price: new Decimal(price) })
  const source = new Source({ rowUpdateMode: 'full' })
  const { daybook, todos } = start(source)
  await eventually(() => source.params !== undefined)
  source.send({ type: 'insert', value: row('0.3') })
  source.running.markReady()
  await complete(daybook)
  const written = (await transactionsIn(daybook, 'todos')).length
  source.send({ type: 'update', value: row('0.3') })
  source.send({ type: 'update', value: row('0.4') })
  await eventually(async () => (await transactionsIn(daybook, 'todos')).length > written)
  expect((await transactionsIn(daybook, 'todos')).slice(written)).toMatchObject([
    { ops: [{ op: 'put', value: { price: new Decimal('0.4') } }] },
  ])
  await todos.cleanup()
  await daybook.close()
  const offline = start(new Source()).todos
  await offline.preload()
  expect((offline.get(1) as unknown as Priced).price.plus(1).toString()).toBe('1.4')
})
