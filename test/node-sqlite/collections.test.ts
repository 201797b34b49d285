/** daybook/node-sqlite as an app uses it. Runs on the Node versions that have node:sqlite (scripts/test.mjs). */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCollection, createTransaction } from '@tanstack/db'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Daybook,
  openDaybook,
  persistedCollectionOptions,
  StorageFullError,
} from '../../src/node-sqlite.js'

interface Handle {
  readonly isTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): {
    all(...parameters: unknown[]): Record<string, unknown>[]
    setReadBigInts(on: boolean): void
  }
  close(): void
}

const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as {
  DatabaseSync: new (filename: string, options?: { readOnly?: boolean }) => Handle
}

interface Todo {
  readonly id: number
  readonly title: string
  readonly due?: Date
}

let folder: string
let filename: string
const opened: Daybook[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-node-sqlite-'))
  filename = join(folder, 'app.db')
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((daybook) => daybook.close()))
  rmSync(folder, { recursive: true })
})

function open(options: Parameters<typeof openDaybook>[0] = { filename }): Daybook {
  const daybook = openDaybook(options)
  opened.push(daybook)
  return daybook
}

const todosOf = (daybook: Daybook) =>
  createCollection(
    persistedCollectionOptions({ id: 'todos', getKey: (todo: Todo) => todo.id, persistence: daybook }),
  )

describe('on node:sqlite', () => {
  it('rows survive a restart, with their types', async () => {
    const first = open()
    const todos = todosOf(first)
    await todos.preload()
    await todos.insert({ id: 1, title: 'Buy milk', due: new Date(0) }).isPersisted.promise
    await todos.update(1, (todo) => {
      ;(todo as { title: string }).title = 'Buy oat milk'
    }).isPersisted.promise
    await first.close()

    const again = todosOf(open())
    await again.preload()
    expect(again.get(1)).toMatchObject({ id: 1, title: 'Buy oat milk', due: new Date(0) })
  })

  it('a transaction over two collections is one entry', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    const lists = createCollection(
      persistedCollectionOptions({
        id: 'lists',
        getKey: (list: { name: string }) => list.name,
        persistence: daybook,
      }),
    )
    const before = await daybook.head()
    const transaction = createTransaction({ mutationFn: ({ transaction }) => daybook.commit(transaction) })
    transaction.mutate(() => {
      todos.insert({ id: 1, title: 'Buy milk' })
      lists.insert({ name: 'Shopping' })
    })
    await transaction.isPersisted.promise
    expect((await daybook.head()).seq).toBe(before.seq + 1)
    expect(await daybook.verify()).toMatchObject({ clean: true, unchecked: [], rowsChecked: 2 })
  })

  it('two daybooks on one file see each other, and nothing is lost or doubled', async () => {
    const [left, right] = [todosOf(open()), todosOf(open())]
    await Promise.all([left.preload(), right.preload()])
    await Promise.all(
      Array.from(
        { length: 200 },
        (_, id) => (id % 2 ? left : right).insert({ id, title: `${id}` }).isPersisted.promise,
      ),
    )
    await expect.poll(() => [left.size, right.size], { timeout: 10_000 }).toEqual([200, 200])
    expect(await (opened[0] as Daybook).verify()).toMatchObject({ clean: true, entriesChecked: 201 })
  })

  it("an append waits for the app's own transaction on the handle, and leaves it alone", async () => {
    const database = new DatabaseSync(filename)
    database.exec('CREATE TABLE notes (text TEXT)')
    const daybook = open({ database })
    await daybook.ready
    database.exec('BEGIN')
    database.prepare('INSERT INTO notes VALUES (?)').all('mine')
    const write = daybook.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1 } }])
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(database.isTransaction).toBe(true)
    database.exec('ROLLBACK')
    await write
    expect(database.prepare('SELECT * FROM notes').all()).toEqual([])
    expect((await daybook.journal.query('todos')).rows).toHaveLength(1)
    await daybook.close()
    database.close()
  })

  it('a full disk refuses the write and keeps what was there', async () => {
    const database = new DatabaseSync(filename)
    const daybook = open({ database })
    const todos = todosOf(daybook)
    await todos.preload()
    await todos.insert({ id: 1, title: 'kept' }).isPersisted.promise
    const [pages] = database.prepare('PRAGMA page_count').all()
    database.exec(`PRAGMA max_page_count = ${Number(pages?.page_count) + 2}`)
    await expect(
      todos.insert({ id: 2, title: 'x'.repeat(100_000) }).isPersisted.promise,
    ).rejects.toBeInstanceOf(StorageFullError)
    expect([...todos.keys()]).toEqual([1])
    database.exec('PRAGMA max_page_count = 1000000')
    await todos.insert({ id: 2, title: 'x'.repeat(100_000) }).isPersisted.promise
    expect([...todos.keys()]).toEqual([1, 2])
    await daybook.close()
    database.close()
  })

  it('a read-only handle reads at the head, also entries that are not posted', async () => {
    const writer = open()
    await writer.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'Buy milk' } }])
    const database = new DatabaseSync(filename, { readOnly: true })
    const reader = open({ database })
    const todos = todosOf(reader)
    await todos.preload()
    expect([...todos.keys()]).toEqual([1])
    await expect(todos.insert({ id: 2, title: 'no' }).isPersisted.promise).rejects.toMatchObject({
      code: 'DAYBOOK_READ_ONLY',
    })
    await reader.close()
    database.close()
  })

  it('what is not a database is refused and not touched', async () => {
    writeFileSync(filename, 'a shopping list, and long enough to look like a file header')
    await expect(open().ready).rejects.toMatchObject({ code: 'DAYBOOK_NOT_A_DATABASE' })
    await expect(open({ filename: folder }).ready).rejects.toMatchObject({ code: 'DAYBOOK_CANNOT_OPEN' })
  })
})
