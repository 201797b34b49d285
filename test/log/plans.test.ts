/**
 * How SQLite runs the statements that daybook runs all day. They are not listed here: they are recorded while a journal
 * does its daily work, so that a new statement is looked at as well.
 */

import Database from 'better-sqlite3'
import { beforeAll, describe, expect, test } from 'vitest'
import { put } from '../support/arbitraries.js'
import { connect, recording } from '../support/connections.js'
import { newFile } from '../support/files.js'
import { openConnection, transaction } from '../support/open.js'

const plans = new Map<string, string[]>()

beforeAll(async () => {
  const file = newFile()
  await (await openConnection(connect(file))).journal.close()
  const { connection, statements } = recording(connect(file))
  const { journal } = await openConnection(connection)
  const large = [1, 2, 3].map((key) => put('todos', key, { text: 'x'.repeat(300_000) }))
  await journal.append(transaction('a', 1, large))
  await Promise.all([2, 3].map((n) => journal.append(transaction('a', n, [put('todos', n, {})]))))
  await journal.append(transaction('a', 2, [put('todos', 2, {})]))
  await journal.append(transaction('b', 1, [{ op: 'patch', collection: 'todos', key: 1, fields: { a: 1 } }]))
  await journal.query('todos')
  await journal.append(transaction('b', 1, [{ op: 'patch', collection: 'todos', key: 1, fields: { a: 1 } }]))
  await journal.append(
    transaction('a', 4, [
      { op: 'patch', collection: 'todos', key: 1, fields: { a: 1 } },
      { op: 'meta', collection: 'todos', key: 2, value: 1 },
      { op: 'delete', collection: 'todos', key: 3 },
      { op: 'state', collection: 'todos', name: 'cursor', value: 1 },
      { op: 'state', collection: 'todos', name: 'gone', value: undefined },
    ]),
  )
  await journal.append(transaction('a', 5, []))
  await journal.query('todos')
  await journal.read({ term: 1, seq: 2 })
  await journal.claimTerm()
  const { seq } = await journal.claim('todos')
  await journal.append({
    ...transaction('a', 6, [{ op: 'schema', collection: 'todos', from: 1, to: 2 }]),
    requires: [
      ['claim', 'todos', seq],
      ['schema', 'todos', 1],
      ['unchanged', 'todos', seq],
    ],
  })
  await journal.close()

  // A second connection appends, so that the first has to catch up with it.
  const reopened = recording(connect(file))
  const one = await openConnection(reopened.connection)
  const two = await openConnection(connect(file))
  await one.journal.append(transaction('c', 1, []))
  await two.journal.append(transaction('d', 1, []))
  await one.journal.append(transaction('c', 2, []))
  await one.journal.close()
  await two.journal.close()

  const database = new Database(file)
  for (const sql of new Set([...statements, ...reopened.statements])) {
    if (!/^(select|insert|update|delete)/i.test(sql)) continue
    const prepared = database.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    const parameters = sql
      .split('?')
      .slice(1)
      .map(() => 1)
    plans.set(
      sql,
      (prepared.all(...parameters) as { detail: string }[]).map(({ detail }) => detail),
    )
  }
  database.close()
})

/** Tables that hold one row for each entry, part, origin or row, so that nobody may walk through them. */
const LARGE = /\b(daybook_log|daybook_log_parts|daybook_origins|daybook_controls|daybook_state|rows_todos)\b/

/** One step along the rowid from either end: SQLite calls that a scan, and stops after the first row. */
const isFirstRow = (sql: string): boolean => /order by "seq"( desc)? limit 1$/.test(sql)

/** Asks for the whole table, on purpose. */
const isWholeTable = (sql: string): boolean => /^select [^(]* from "rows_todos"$/.test(sql)

describe('the statements of the daily work', () => {
  test('were recorded', () => {
    expect(plans.size).toBeGreaterThan(20)
    const tables = ['daybook_log', 'daybook_log_parts', 'daybook_origins', 'daybook_state', 'rows_todos']
    for (const table of tables) expect([...plans.keys()].some((sql) => sql.includes(`"${table}"`))).toBe(true)
  })

  test('never walk through a table that grows', () => {
    const walking = [...plans].filter(
      ([sql, plan]) =>
        !isFirstRow(sql) &&
        !isWholeTable(sql) &&
        plan.some((detail) => detail.startsWith('SCAN') && LARGE.test(detail)),
    )
    expect(walking).toEqual([])
  })

  test('never sort', () => {
    expect([...plans].filter(([, plan]) => plan.some((detail) => detail.includes('TEMP B-TREE')))).toEqual([])
  })

  test.each([
    ['the tail', /from "daybook_log" order by "seq" desc limit 1/, 'SCAN daybook_log'],
    [
      'the tail that an append is put behind',
      /from "daybook_log" as "last"/,
      'SEARCH last USING INTEGER PRIMARY KEY (rowid=?)',
    ],
    [
      'a page of the log',
      /"checksum" from "daybook_log" where "seq" > \? and/,
      'SEARCH daybook_log USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
    ],
    [
      'the parts of an entry',
      /from "daybook_log_parts" where "seq" = \?/,
      'SEARCH daybook_log_parts USING INDEX sqlite_autoindex_daybook_log_parts_1 (seq=?)',
    ],
    [
      'an origin',
      /from "daybook_origins" where .* order by "origin_seq" desc limit 1/,
      'SEARCH daybook_origins USING INDEX sqlite_autoindex_daybook_origins_1 (origin=? AND origin_seq<?)',
    ],
    [
      'the unposted tail of an origin',
      /from "daybook_log" where "seq" > \(select/,
      'SEARCH daybook_log USING INTEGER PRIMARY KEY (rowid>?)',
    ],
    [
      'the claims and versions that are not posted yet',
      /"kind" in \('claim', 'reset', 'schema'\)/,
      'SEARCH daybook_log USING INDEX daybook_log_controls (kind=? AND seq>?)',
    ],
    [
      'the claim and the version of a collection',
      /from "daybook_controls" where "collection" = \?/,
      'SEARCH daybook_controls USING INDEX sqlite_autoindex_daybook_controls_1 (collection=?)',
    ],
    [
      'a row',
      /from "rows_todos" where "key" = \?/,
      'SEARCH rows_todos USING INDEX sqlite_autoindex_rows_todos_1 (key=?)',
    ],
  ])('find %s by the shortest way', (_, pattern, expected) => {
    const found = [...plans].filter(([sql]) => pattern.test(sql))
    expect(found.length).toBeGreaterThan(0)
    for (const [, plan] of found)
      expect(plan.find((detail) => !detail.startsWith('SCALAR SUBQUERY'))).toBe(expected)
  })
})
