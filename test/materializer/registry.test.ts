/** Any text can be the id of a collection: no two share a table, and no table of the app is touched. */

import { describe, expect, test } from 'vitest'
import { put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { checkDatabase, History } from '../support/history.js'
import { exec, openConnection, openFile, sql, transaction } from '../support/open.js'

const IDS = [
  'todos',
  'Todos',
  'TODOS',
  'to dos',
  'to-dos',
  'to_dos',
  'todos_2',
  '',
  ' ',
  '_',
  '"',
  "'",
  '"; DROP TABLE daybook_log; --',
  '__proto__',
  'constructor',
  'daybook_log',
  'daybook_collections',
  'rows_todos',
  'sqlite_master',
  'collection',
  'x'.repeat(10_000),
  `${'x'.repeat(10_000)}y`,
  '🗒️',
  '📒',
  '\ud800',
  '\udc00',
  '\0',
  'a\0b',
  'a',
  'é',
  'e\u0301',
  'ﬁ',
  '日本語',
  '1',
  'select',
  'null',
]

describe('a collection id', () => {
  test.each(
    IDS.map((id) => [id.length > 50 ? `${id.slice(0, 5)}… of ${id.length}` : JSON.stringify(id), id]),
  )('%s has a table of its own, and is found again', async (_, id) => {
    const file = newFile()
    const session = await openConnection(connect(file))
    const history = new History()
    await history.send(
      session,
      history.make([put(id, 1, { n: 1 }), { op: 'state', collection: id, name: 's', value: 1 }]),
    )
    await checkDatabase(session, history)
    await session.journal.close()
    const next = await openConnection(connect(file))
    await history.send(next, history.make([put(id, 2, { n: 2 })]))
    await checkDatabase(next, history)
    await history.send(next, history.make([{ op: 'reset', collection: id }]))
    await checkDatabase(next, history)
    await next.journal.close()
  })

  test('never shares its table with another one, whatever they are called', async () => {
    const anyId = fc.oneof(
      fc.constantFrom(...IDS),
      fc.string({ unit: fc.constantFrom('a', 'A', ' ', '_', '2', 'é', '-'), maxLength: 4 }),
      fc.string({ unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 4 }),
    )
    await check(
      fc.asyncProperty(
        fc.uniqueArray(anyId, { maxLength: 12 }),
        fc.func(fc.boolean()),
        async (ids, isReset) => {
          const file = newFile()
          const session = await openConnection(connect(file))
          const history = new History()
          for (const id of ids) {
            await history.send(session, history.make([put(id, 1, { id }), put(id, 'k', { id })]))
            if (isReset(id))
              await history.send(session, history.make([{ op: 'reset', collection: id }, put(id, 2, {})]))
          }
          await checkDatabase(session, history)
          const infos = await session.maintenance.collections()
          expect(new Set(infos.map(({ rowTable }) => rowTable.toLowerCase())).size).toBe(ids.length)
          for (const { rowTable } of infos) expect(rowTable).toMatch(/^rows_[a-z0-9_]+$/)
          await session.journal.close()
          removeFile(file)
        },
      ),
      60,
    )
  })

  test('has a table that a person finds and queries', async () => {
    const file = newFile()
    const session = await openFile(file)
    await session.journal.append(
      transaction('a', 1, [put('Shopping list', 1, { title: 'Milk', done: false })]),
    )
    await session.journal.query('Shopping list')
    expect(sql(file, "SELECT value ->> '$.title' AS title FROM rows_shopping_list")).toEqual([
      { title: 'Milk' },
    ])
    await session.journal.close()
  })
})

describe("the app's own", () => {
  test.each([
    ['table', 'CREATE TABLE rows_todos (x); INSERT INTO rows_todos VALUES (1)'],
    ['table in capitals', 'CREATE TABLE ROWS_TODOS (x); INSERT INTO ROWS_TODOS VALUES (1)'],
    ['view', 'CREATE VIEW Rows_Todos AS SELECT 1 AS x'],
  ])('%s of the name is left alone', async (_, create) => {
    const file = newFile()
    exec(file, create)
    const session = await openFile(file)
    const history = new History()
    await history.send(session, history.make([put('todos', 1, {})]))
    await checkDatabase(session, history)
    await history.send(session, history.make([{ op: 'reset', collection: 'todos' }, put('todos', 2, {})]))
    await checkDatabase(session, history)
    await session.maintenance.rebuild()
    await checkDatabase(session, history)
    expect(sql(file, 'SELECT x FROM rows_todos')).toEqual([{ x: 1 }])
    await session.journal.close()
  })

  test.each([
    ['index', 'CREATE TABLE app (x); CREATE INDEX ROWS_TODOS ON app (x)'],
    ['trigger', 'CREATE TABLE app (x); CREATE TRIGGER ROWS_TODOS AFTER DELETE ON app BEGIN SELECT 1; END'],
  ])('%s of the name is left alone', async (_, create) => {
    const file = newFile()
    exec(file, create)
    const session = await openFile(file)
    const history = new History()
    await history.send(session, history.make([put('todos', 1, {})]))
    await checkDatabase(session, history)
    expect(sql(file, "SELECT name FROM sqlite_master WHERE name = 'ROWS_TODOS'").length).toBe(1)
    await session.journal.close()
  })
})
