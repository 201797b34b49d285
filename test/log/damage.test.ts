/**
 * L7: whatever is changed in the file behind daybook's back, verify and read name the first entry that is not what was
 * written, and what comes before it can still be read.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { CorruptLogError, NewerFormatError } from '../../src/errors.js'
import { put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { exec, openConnection, type Session, sql, transaction } from '../support/open.js'

/** Entries 1 to 9: terms 1 and 2, several origins, entry 5 in three parts. */
let original: Buffer
const LAST = 9
const LARGE = 5

beforeAll(async () => {
  const file = newFile()
  const session = await openConnection(connect(file))
  const { journal } = session
  await journal.append(transaction('a', 1, [put('todos', 1, { title: 'one' })]))
  await journal.append(transaction('b', 1, [put('todos', 2, { due: new Date(0) })]))
  await journal.claimTerm()
  const rows = [1, 2, 3].map((key) => put('todos', key, { text: String(key).repeat(300_000) }))
  await journal.append(transaction('a', 2, rows))
  await journal.append(transaction('a', 3, [put('todos', 2, {})]))
  await journal.append(transaction('a', 4, [put('todos', 2, {})]))
  await journal.append(transaction('b', 2, []))
  await journal.append(transaction('b', 3, [{ op: 'delete', collection: 'todos', key: 1 }]))
  await journal.query('todos')
  await journal.close()
  exec(file, 'PRAGMA wal_checkpoint(TRUNCATE)')
  for (const name of ['log_immutable', 'log_parts_immutable', 'log_trim', 'log_parts_trim']) {
    exec(file, `DROP TRIGGER IF EXISTS daybook_${name}`)
  }
  for (const { name } of sql<{ name: string }>(
    file,
    "SELECT name FROM sqlite_master WHERE type = 'trigger'",
  )) {
    exec(file, `DROP TRIGGER "${name}"`)
  }
  exec(file, 'PRAGMA wal_checkpoint(TRUNCATE)')
  original = readFileSync(file)
})

async function withDamage(
  damage: (file: string) => void,
  look: (session: Session) => Promise<void>,
): Promise<void> {
  const file = newFile()
  writeFileSync(file, original)
  damage(file)
  const session = await openConnection(connect(file))
  try {
    await look(session)
  } finally {
    await session.driver.close()
    removeFile(file)
  }
}

/** Verify and read name this entry as the first that is wrong. */
async function expectNamed(session: Session, seq: number): Promise<void> {
  const { findings, clean } = await session.maintenance.verify()
  expect(clean).toBe(false)
  expect(findings[0]?.seq).toBe(seq)
  const error: unknown = await session.journal.read({ term: 0, seq: 0 }).catch((reason: unknown) => reason)
  if (!(error instanceof NewerFormatError)) {
    expect(error).toBeInstanceOf(CorruptLogError)
    expect(error).toMatchObject({ seq })
  }
  if (seq > 1) {
    const before = await session.journal.read({ term: 0, seq: 0 }, seq - 1)
    expect(before).toMatchObject({ entries: { length: seq - 1 } })
  }
}

const TEXT = ['kind', 'origin', 'body', 'checksum'] as const
const NUMBER = ['term', 'origin_seq', 'committed_at', 'format', 'parts'] as const

/** Another text: one bit of one character differs. */
function flip(text: string, at: number, bit: number): string {
  if (text.length === 0) return '\u0001'
  const index = at % text.length
  return (
    text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << bit)) + text.slice(index + 1)
  )
}

describe('the chain', () => {
  test('names the entry of which any bit of any text was flipped', async () => {
    await check(
      fc.asyncProperty(
        fc.integer({ min: 1, max: LAST }),
        fc.constantFrom(...TEXT),
        fc.nat(),
        fc.nat({ max: 6 }),
        async (seq, column, at, bit) => {
          await withDamage(
            (file) => {
              const [row] = sql<Record<string, string>>(
                file,
                `SELECT ${column} FROM daybook_log WHERE seq = ?`,
                seq,
              )
              const flipped = flip(row![column]!, at, bit)
              sql(file, `UPDATE daybook_log SET ${column} = ? WHERE seq = ?`, flipped, seq)
            },
            (session) => expectNamed(session, seq),
          )
        },
      ),
      100,
    )
  })

  test('names the entry of which any bit of any number was flipped', async () => {
    await check(
      fc.asyncProperty(
        fc.integer({ min: 1, max: LAST }),
        fc.constantFrom(...NUMBER),
        fc.nat({ max: 30 }),
        async (seq, column, bit) => {
          await withDamage(
            (file) => {
              const [row] = sql<Record<string, number>>(
                file,
                `SELECT ${column} FROM daybook_log WHERE seq = ?`,
                seq,
              )
              const flipped = Number(BigInt(row![column]!) ^ (1n << BigInt(bit)))
              sql(file, `UPDATE daybook_log SET ${column} = ? WHERE seq = ?`, flipped, seq)
            },
            (session) => expectNamed(session, seq),
          )
        },
      ),
      60,
    )
  })

  test.each(Array.from({ length: LAST - 1 }, (_, index) => index + 1))(
    'names entry %i when it is deleted',
    async (seq) => {
      await withDamage(
        (file) => {
          exec(file, `DELETE FROM daybook_log WHERE seq = ${seq}`)
          exec(file, `DELETE FROM daybook_log_parts WHERE seq = ${seq}`)
        },
        async (session) => {
          const { clean, findings, unchecked } = await session.maintenance.verify()
          if (seq === 1) {
            // The log begins at 2 without a checkpoint: nobody can tell what was before, and verify says so.
            expect(unchecked.length + findings.length).toBeGreaterThan(0)
            return
          }
          expect(clean).toBe(false)
          expect(findings[0]).toMatchObject({ invariant: 'L1' })
          expect(findings[0]?.message).toContain(`${seq}`)
          await expect(session.journal.read({ term: 0, seq: 0 })).rejects.toMatchObject({ seq })
        },
      )
    },
  )

  test('does not let the newest entries disappear once they are posted', async () => {
    await withDamage(
      (file) => exec(file, `DELETE FROM daybook_log WHERE seq = ${LAST}`),
      async (session) => {
        expect((await session.maintenance.verify().catch(() => ({ clean: false }))).clean).toBe(false)
      },
    )
  })

  test.each([
    [2, 3],
    [6, 7],
    [3, 8],
  ])('names entry %i when it has changed places with entry %i', async (left, right) => {
    await withDamage(
      (file) => {
        exec(file, `UPDATE daybook_log SET seq = 1000 WHERE seq = ${left}`)
        exec(file, `UPDATE daybook_log SET seq = ${left} WHERE seq = ${right}`)
        exec(file, `UPDATE daybook_log SET seq = ${right} WHERE seq = 1000`)
      },
      (session) => expectNamed(session, left),
    )
  })

  // The chain alone would say that the entry behind the gap is not what was written, which it is.
  test('says of an entry that is gone that it is missing, also where there is no checksum to compare', async () => {
    for (const gone of [3, 4, 8]) {
      await withDamage(
        (file) => exec(file, `DELETE FROM daybook_log WHERE seq = ${gone}`),
        async ({ journal }) => {
          const reading = journal.read({ term: 0, seq: 0 })
          await expect(reading).rejects.toMatchObject({ seq: gone, reason: 'it is missing' })
        },
      )
    }
    // The floor is at 3: of what came before it nothing is known.
    await withDamage(
      (file) => exec(file, 'DELETE FROM daybook_log WHERE seq IN (1, 2, 4)'),
      async ({ journal }) => {
        const reading = journal.read({ term: 1, seq: 2 })
        await expect(reading).rejects.toMatchObject({ seq: 4, reason: 'it is missing' })
      },
    )
  })

  test('names an entry that was put in at the end with a checksum of its own making', async () => {
    await withDamage(
      (file) =>
        exec(
          file,
          `INSERT INTO daybook_log SELECT seq + 1, term, kind, origin, 99, committed_at, format, parts, size, body,
           '0123456789abcdef' FROM daybook_log WHERE seq = ${LAST}`,
        ),
      (session) => expectNamed(session, LAST + 1),
    )
  })
})

describe('a damaged part of a large entry', () => {
  test.each([
    ['changed', "UPDATE daybook_log_parts SET body = replace(body, '222', '232') WHERE part = 1"],
    ['missing', 'DELETE FROM daybook_log_parts WHERE part = 1'],
    ['empty', "UPDATE daybook_log_parts SET body = '' WHERE part = 2"],
    ['too much', `INSERT INTO daybook_log_parts VALUES (${LARGE}, 3, '[]')`],
    ['at the wrong place', 'UPDATE daybook_log_parts SET part = 9 WHERE part = 1'],
    ['no text', "UPDATE daybook_log_parts SET body = x'00ff' WHERE part = 1"],
  ])('is named when it is %s', async (_, damage) => {
    await withDamage(
      (file) => exec(file, damage),
      (session) => expectNamed(session, LARGE),
    )
  })
})

describe('what verify alone looks at', () => {
  const notClean = async (session: Session): Promise<void> => {
    expect((await session.maintenance.verify()).clean).toBe(false)
  }
  test.each([
    ['the size of a body', 'UPDATE daybook_log SET size = size + 1 WHERE seq = 2'],
    ['a size that is no number', "UPDATE daybook_log SET size = 'large' WHERE seq = 2"],
    ['parts of an entry that has none', "INSERT INTO daybook_log_parts VALUES (2, 1, '[]')"],
    ['parts of no entry', "INSERT INTO daybook_log_parts VALUES (77, 1, '[]')"],
  ])('%s', async (_, damage) => {
    await withDamage((file) => exec(file, damage), notClean)
  })

  test.each([
    ['a changed row', "UPDATE rows_todos SET value = '{}' WHERE key = '3'"],
    ['a row that is no JSON', "UPDATE rows_todos SET value = '{' WHERE key = '3'"],
    ['notes too many', `UPDATE rows_todos SET notes = '[["bigint","x"]]' WHERE key = '3'`],
    ['metadata too much', "UPDATE rows_todos SET metadata = '1' WHERE key = '3'"],
    ['another seq', "UPDATE rows_todos SET seq = 2 WHERE key = '3'"],
    ['a missing row', "DELETE FROM rows_todos WHERE key = '3'"],
    ['a row too much', `INSERT INTO rows_todos VALUES ('"x"', '{}', NULL, NULL, NULL, 2)`],
    ['a row of an empty key', `INSERT INTO rows_todos VALUES ('', '{}', NULL, NULL, NULL, 2)`],
    ['an unregistered table', 'DELETE FROM daybook_collections'],
  ])('%s', async (_, damage) => {
    await withDamage((file) => exec(file, damage), notClean)
  })

  test('a body that is no text, like any damage, is named and not thrown', async () => {
    await withDamage(
      (file) => exec(file, "UPDATE daybook_log SET body = x'00ff' WHERE seq = 3"),
      (session) => expectNamed(session, 3),
    )
  })

  test('names every damaged entry, not only the first', async () => {
    await withDamage(
      (file) => exec(file, "UPDATE daybook_log SET body = body || ' ' WHERE seq IN (3, 6)"),
      async (session) => {
        const { findings } = await session.maintenance.verify()
        // The triggers that are gone are named as well, without a seq.
        expect([...new Set(findings.flatMap(({ seq }) => seq ?? []))]).toEqual([3, 6])
      },
    )
  })
})

test('the first entry of a trimmed log, a checkpoint, says itself whether it is as it was written', async () => {
  const file = newFile()
  const session = await openConnection(connect(file))
  await session.journal.append(transaction('a', 1, [put('todos', 1, {})]))
  await session.journal.compact()
  await session.journal.close()
  exec(file, 'DROP TRIGGER daybook_log_immutable; UPDATE daybook_log SET committed_at = committed_at + 1')
  const damaged = await openConnection(connect(file))
  await expect(damaged.journal.read({ term: 1, seq: 2 })).rejects.toMatchObject({
    code: 'DAYBOOK_CORRUPT_LOG',
    seq: 3,
  })
  expect((await damaged.maintenance.verify()).findings).toMatchObject([{ seq: 3 }, {}])
  await damaged.driver.close()
  removeFile(file)
})

describe('a damaged log', () => {
  test('is never posted: the rows stay as they were', async () => {
    await withDamage(
      (file) => {
        exec(file, 'UPDATE daybook_cursor SET seq = 5')
        exec(file, "UPDATE daybook_log SET body = '[]' WHERE seq = 7")
      },
      async (session) => {
        await expect(session.journal.query('todos')).rejects.toMatchObject({ seq: 7 })
        await expect(session.maintenance.rebuild()).rejects.toMatchObject({ seq: 7 })
        await session.clock.advance(10_000)
        expect(session.errors).toEqual([])
      },
    )
  })

  test('tells of it once for each append, not without end', async () => {
    await withDamage(
      (file) => {
        exec(file, 'UPDATE daybook_cursor SET seq = 5')
        exec(file, "UPDATE daybook_log SET body = '[]' WHERE seq = 7")
      },
      async (session) => {
        await session.journal.append(transaction('c', 1, []))
        await session.clock.advance(60_000)
        expect(session.errors.length).toBeLessThan(5)
        expect(session.errors[0]).toMatchObject({ code: 'DAYBOOK_CORRUPT_LOG', seq: 7 })
      },
    )
  })
})
