import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { UnreadableRowError } from '../../src/node.js'
import { newFile, open, rowsIn, rowsOf } from './fixture.js'

/** A file with three rows, whose second row was changed by somebody's SQL. */
async function tampered(change: string): Promise<string> {
  const file = newFile()
  const daybook = open(file)
  await rowsOf(daybook).insert([
    { id: 1, at: new Date(1) },
    { id: 2, at: new Date(2) },
    { id: 3, at: new Date(3) },
  ]).isPersisted.promise
  await daybook.close()
  const database = new Database(file)
  expect(database.prepare(`UPDATE rows_rows SET ${change} WHERE key = '2'`).run().changes).toBe(1)
  database.close()
  return file
}

describe('a row that cannot be read', () => {
  it.each([
    ['notes of an unknown type', `notes = '[["Klingon","at"]]'`],
    ['notes that do not fit the value', `notes = '[["bigint","at"]]'`],
    ['notes that lead nowhere', `notes = '[["Date","nowhere","at"]]'`],
    ['notes that are not JSON', `notes = '[[['`],
    ['a value that is not JSON', `value = '{"id":2'`],
  ])('(%s) is left out and announced, and the others are there', async (_, change) => {
    const daybook = open(await tampered(change))
    const errors: unknown[] = []
    daybook.on('error', (error) => errors.push(error))
    const rows = rowsOf(daybook)
    await rows.preload()
    expect(rows.status).toBe('ready')
    expect(rowsIn(rows)).toEqual([
      { id: 1, at: new Date(1) },
      { id: 3, at: new Date(3) },
    ])
    expect(errors).toHaveLength(1)
    expect(errors[0]).toBeInstanceOf(UnreadableRowError)
    expect(errors[0]).toMatchObject({ collection: 'rows', key: '2' })
    expect((errors[0] as Error).cause).toBeInstanceOf(Error)
    expect((await daybook.verify()).findings).toMatchObject([{ invariant: 'M2' }])
  })

  it('can be overwritten, by the app and by a rebuild', async () => {
    const daybook = open(await tampered(`notes = '[["Klingon","at"]]'`))
    daybook.on('error', () => undefined)
    const rows = rowsOf(daybook)
    await rows.preload()
    await daybook.write([{ op: 'put', collection: 'rows', key: 2, value: { id: 2, at: new Date(22) } }])
    expect(rows.get(2)?.at).toEqual(new Date(22))
    await rows.cleanup()
    await rows.preload()
    expect(rows.size).toBe(3)
    await daybook.rebuild()
    expect((await daybook.verify()).findings).toEqual([])
  })

  it('in an entry of the tail is left out and announced, and what follows arrives', async () => {
    const daybook = open()
    const errors: unknown[] = []
    daybook.on('error', (error) => errors.push(error))
    const rows = rowsOf(daybook)
    await rows.preload()
    await daybook.journal.append({
      origin: 'newer',
      originSeq: 1,
      parts: [
        '[["put","rows",1,{"id":1}],["put","rows",2,{"id":2,"x":"?"},[["Klingon","x"]]],["put","rows",3,{"id":3}]]',
      ],
    })
    await rows.insert({ id: 4 }).isPersisted.promise
    expect([...rows.keys()].sort()).toEqual([1, 3, 4])
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ code: 'DAYBOOK_UNREADABLE_ROW', collection: 'rows', key: '2' })
  })

  it('in an entry does not keep entries() from the others', async () => {
    const daybook = open()
    daybook.on('error', () => undefined)
    await daybook.journal.append({
      origin: 'newer',
      originSeq: 1,
      parts: ['[["put","rows",2,{"id":2,"x":"?"},[["Klingon","x"]]]]'],
    })
    const { seq } = await daybook.write([{ op: 'put', collection: 'rows', key: 3, value: { id: 3 } }])
    const entries = daybook.entries({ after: { term: 1, seq: 1 } })
    // It may say that this one cannot be read; from there on, the rest is readable.
    const readable: number[] = []
    const after = await entries.next().then(
      ({ value }) => value?.position ?? { term: 1, seq: 2 },
      () => ({ term: 1, seq: 2 }),
    )
    for await (const { position } of daybook.entries({ after })) readable.push(position.seq)
    expect(readable).toEqual([seq])
  })
})
