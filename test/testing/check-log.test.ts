import { afterEach, expect, test } from 'vitest'
import { type Daybook, openDaybook } from '../../src/node.js'
import { type Checkable, checkLog, LogCheckError } from '../../src/testing.js'
import { newFile } from '../support/files.js'
import { exec } from '../support/open.js'

const open: Daybook[] = []
afterEach(async () => {
  for (const daybook of open.splice(0)) await daybook.close()
})

function openOn(filename: string, retain: 'all' | { entries: number } = 'all'): Daybook {
  const daybook = openDaybook({ filename, retain })
  open.push(daybook)
  return daybook
}

async function filled(filename: string, retain?: { entries: number }): Promise<Daybook> {
  const daybook = openOn(filename, retain)
  for (let n = 0; n < 30; n++) {
    await daybook.write([
      { op: 'put', collection: 'todos', key: n % 10, value: { n, at: new Date(n) } },
      { op: 'patch', collection: 'todos', key: (n + 1) % 10, fields: { big: BigInt(n) }, unset: ['at'] },
    ])
  }
  await daybook.write([{ op: 'delete', collection: 'todos', key: 3 }])
  return daybook
}

const failureOf = async (daybook: Checkable): Promise<LogCheckError> => {
  const failure = await checkLog(daybook).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(LogCheckError)
  return failure as LogCheckError
}

test('a database that is right, while others write to it, is left as it is', async () => {
  const daybook = await filled(newFile())
  const before = await daybook.head()
  const report = await checkLog(daybook)
  expect(report).toEqual({ entries: 32, rows: 9, collections: 1, sentAgain: 20, unchecked: [] })
  expect(await daybook.head()).toEqual(before)
  let writing = true
  const writer = (async () => {
    for (let n = 0; writing; n++) {
      await daybook.write([{ op: 'put', collection: `c${n % 3}`, key: n, value: { n } }])
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  for (let n = 0; n < 5; n++) await checkLog(daybook)
  writing = false
  await writer
})

test('of a log whose beginning was trimmed it says what it could not check', async () => {
  const daybook = await filled(newFile(), { entries: 5 })
  await daybook.compact()
  expect((await checkLog(daybook)).unchecked).toContainEqual(
    expect.stringMatching(/beginning was trimmed|rows/i),
  )
})

// Through a second connection, past every trigger.
const damage: readonly [what: string, sql: string, invariant: string][] = [
  [
    'a row that is not what the log says',
    `UPDATE daybook_rows SET value = '{"n":1000}' WHERE key = '5'`,
    'M2',
  ],
  [
    'a row that nobody wrote',
    `INSERT INTO daybook_rows SELECT '77', value, notes, metadata, metadata_notes, seq FROM daybook_rows LIMIT 1`,
    'M2',
  ],
  ['a row that is gone', `DELETE FROM daybook_rows WHERE key = '5'`, 'M2'],
  [
    'an entry that is not what was written',
    `DROP TRIGGER daybook_log_immutable; UPDATE daybook_log SET committed_at = committed_at + 1 WHERE seq = 9`,
    'L7',
  ],
  ['a position of a transaction that is forgotten', `UPDATE daybook_origins SET seq = seq + 1`, 'L5'],
]

test.each(damage)('%s is found, and said', async (_, sql, invariant) => {
  const file = newFile()
  const daybook = await filled(file)
  const [todos] = await daybook.collections()
  exec(file, sql.replaceAll('daybook_rows', `"${todos?.rowTable}"`))
  const failure = await failureOf(daybook)
  expect(failure.findings.map((finding) => finding.invariant)).toContain(invariant)
  expect(failure.message).toContain(`${invariant}  `)
  expect(failure.code).toBe('DAYBOOK_LOG_CHECK')
})

// What `verify()` cannot see, because it looks at the same tables: answers that are not what the tables say.
const lies: readonly [
  what: string,
  lie: (daybook: Daybook) => Partial<Daybook['journal']>,
  invariant: string,
][] = [
  [
    'rows that are behind the log',
    ({ journal }) => ({
      query: async (id) => ({ ...(await journal.query(id)), at: { term: 1, seq: 5 } }),
    }),
    'M4',
  ],
  [
    'rows without one of them',
    ({ journal }) => ({
      query: async (id) => {
        const answer = await journal.query(id)
        return { ...answer, rows: answer.rows.slice(1) }
      },
    }),
    'M5',
  ],
  [
    'a gap',
    ({ journal }) => ({
      read: async (after, limit) => {
        const answer = await journal.read(after, limit)
        if ('trimmed' in answer) return answer
        return { ...answer, entries: answer.entries.filter(({ position }) => position.seq !== 7) }
      },
    }),
    'L1',
  ],
  [
    'another position for what is sent again',
    ({ journal }) => ({
      append: async (transaction) => ({ ...(await journal.append(transaction)), seq: 1000 }),
    }),
    'L5',
  ],
  [
    'an entry that was changed on the way',
    ({ journal }) => ({
      read: async (after, limit) => {
        const answer = await journal.read(after, limit)
        if ('trimmed' in answer) return answer
        return { ...answer, entries: answer.entries.map((entry) => ({ ...entry, parts: ['[]'] })) }
      },
    }),
    'L7',
  ],
]

test.each(lies)('a journal that answers with %s is found out', async (_, lie, invariant) => {
  const daybook = await filled(newFile())
  const { journal } = daybook
  const failure = await failureOf({
    stats: () => daybook.stats(),
    verify: () => daybook.verify(),
    head: () => daybook.head(),
    collections: () => daybook.collections(),
    journal: {
      append: (transaction) => journal.append(transaction),
      read: (after, limit) => journal.read(after, limit),
      query: (collection) => journal.query(collection),
      ...lie(daybook),
    },
  })
  expect(failure.findings.map((finding) => finding.invariant)).toContain(invariant)
})
