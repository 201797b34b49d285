/** M6: a rebuild gives the same bytes, mends what is damaged, and leaves the old tables when it is interrupted. */

import { describe, expect, test } from 'vitest'
import { put } from '../support/arbitraries.js'
import { connect, faulty } from '../support/connections.js'
import { copyAsKilled, newFile, removeFile } from '../support/files.js'
import { dumpRows } from '../support/model.js'
import { exec, openConnection, transaction } from '../support/open.js'

async function filled(): Promise<string> {
  const file = newFile()
  const { journal } = await openConnection(connect(file))
  for (let n = 1; n <= 6; n++) {
    await journal.append(
      transaction('a', n, [
        put('todos', n, { n, at: new Date(n) }),
        put(`list ${n % 2}`, 'x', { n }),
        { op: 'state', collection: 'todos', name: 'cursor', value: n },
        { op: 'meta', collection: 'todos', key: n - 1, value: n },
      ]),
    )
  }
  await journal.query('todos')
  await journal.close()
  return file
}

describe('a rebuild', () => {
  test.each([
    ['nothing', 'SELECT 1'],
    ['a row', "UPDATE rows_todos SET value = '{}'"],
    ['a row that is no JSON', "UPDATE rows_todos SET value = 'x', notes = 'y'"],
    ['all rows', 'DELETE FROM rows_todos'],
    ['rows too much', `INSERT INTO rows_todos VALUES ('"x"', '{}', NULL, NULL, NULL, 1)`],
    ['the state', "UPDATE daybook_state SET value = '7'"],
    ['the origins', 'UPDATE daybook_origins SET seq = seq + 7'],
    ['all origins', 'DELETE FROM daybook_origins'],
    ['a cursor that is behind', 'UPDATE daybook_cursor SET seq = 3'],
    ['a cursor that is ahead', 'UPDATE daybook_cursor SET seq = 99'],
    ['a cursor that is gone', 'DELETE FROM daybook_cursor'],
    ['a missing table', 'DROP TABLE rows_todos'],
    [
      'a missing table and its registration',
      'DROP TABLE rows_todos; DELETE FROM daybook_collections WHERE id = \'"todos"\'',
    ],
  ])('mends %s', async (_, damage) => {
    const file = await filled()
    const sound = dumpRows(file)
    exec(file, damage)
    const session = await openConnection(connect(file))
    await session.maintenance.rebuild()
    expect((await session.maintenance.verify()).findings).toEqual([])
    expect(dumpRows(file)).toBe(sound)
    await session.journal.close()
  })

  test('leaves the old tables when it is interrupted at any statement, and can be done again', async () => {
    const template = await filled()
    // So that old and new tables differ.
    exec(template, 'UPDATE rows_todos SET value = \'{"old":true}\'')
    const old = dumpRows(template)
    const rebuild = async (
      kind: 'fails: I/O error' | 'dies before' | undefined,
      at: number,
    ): Promise<readonly string[]> => {
      const file = copyAsKilled(template)
      const real = connect(file)
      const fault = faulty(real, kind, at)
      const session = await openConnection(fault.connection)
      const done = session.maintenance.rebuild()
      if (kind !== undefined) await expect(done).rejects.toThrow()
      await done.catch(() => undefined)
      const left = copyAsKilled(file)
      await real.close()
      if (kind === undefined) expect(dumpRows(left)).not.toBe(old)
      else expect(dumpRows(left)).toBe(old)
      const next = await openConnection(connect(left))
      await next.maintenance.rebuild()
      expect((await next.maintenance.verify()).findings).toEqual([])
      await next.journal.close()
      for (const name of [file, left]) removeFile(name)
      return fault.statements
    }
    const statements = await rebuild(undefined, 0)
    const begin = statements.indexOf('BEGIN IMMEDIATE')
    expect(statements.length - begin).toBeGreaterThan(20)
    for (let at = begin + 1; at <= statements.length; at++) {
      await rebuild('fails: I/O error', at)
      await rebuild('dies before', at)
    }
  })

  test('is refused when the beginning of the log is gone, and changes nothing', async () => {
    const file = await filled()
    const session = await openConnection(connect(file))
    await session.journal.compact()
    const before = dumpRows(file)
    await expect(session.maintenance.rebuild()).rejects.toMatchObject({ code: 'DAYBOOK_REBUILD_IMPOSSIBLE' })
    expect(dumpRows(file)).toBe(before)
    await session.journal.close()
  })

  test('lets those who read go on with the old tables until it is done', async () => {
    const file = await filled()
    const reader = await openConnection(connect(file))
    const before = await reader.journal.query('todos')
    const rebuilder = await openConnection(connect(file))
    await rebuilder.maintenance.rebuild()
    expect(await reader.journal.query('todos')).toEqual(before)
    for (const { journal } of [reader, rebuilder]) await journal.close()
  })
})
