import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  CannotOpenError,
  DaybookError,
  InvalidOptionError,
  NewerFormatError,
  NotADatabaseError,
} from '../../src/node.js'
import { bytesOf, expectUnusable, fileWithRows, newFile, newFolder, open, rowsOf } from './fixture.js'

describe('a file that is not a database', () => {
  it.each([
    ['text', Buffer.from('dear diary,\n'.repeat(500))],
    ['random bytes', Buffer.from(Array.from({ length: 9000 }, (_, index) => (index * 7919) % 251))],
    ['a ZIP', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(5000)])],
    ['a kilobyte of zeros', Buffer.alloc(1024)],
    ['two bytes', Buffer.from('xy')],
  ])('(%s) is refused and not touched', async (_, bytes) => {
    const file = newFile()
    writeFileSync(file, bytes)
    await expectUnusable(file, NotADatabaseError)
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  // SQLite itself takes a file of one byte for an empty one (os_unix.c, unixFileSize).
  it('(nothing at all) becomes one', async () => {
    const file = newFile()
    writeFileSync(file, '')
    const rows = rowsOf(open(file))
    await rows.insert({ id: 1 }).isPersisted.promise
    expect(rows.size).toBe(1)
  })
})

describe('a damaged file', () => {
  it('cut off at any length: a typed error, or every row that it says it has is right', async () => {
    const whole = await fileWithRows(300)
    const { size } = statSync(whole)
    const lengths = [
      2,
      16,
      99,
      100,
      511,
      512,
      1024,
      4095,
      4096,
      4097,
      8192,
      size >> 2,
      size >> 1,
      size - 4096,
      size - 1,
    ]
    for (const length of lengths) {
      const file = newFile()
      writeFileSync(file, readFileSync(whole))
      const descriptor = openSync(file, 'r+')
      ftruncateSync(descriptor, length)
      closeSync(descriptor)
      const before = bytesOf(file)
      const daybook = open(file)
      daybook.on('error', () => undefined)
      const rows = rowsOf(daybook)
      const outcome = await rows.preload().then(
        () => 'ready',
        (error: unknown) => error,
      )
      if (outcome === 'ready') {
        expect(rows.size, `cut at ${length}: ready with rows missing`).toBe(300)
      } else {
        expect(outcome, `cut at ${length}`).toBeInstanceOf(DaybookError)
        expect(rows.status).toBe('error')
        await daybook.close()
        expect(bytesOf(file), `cut at ${length}: touched`).toBe(before)
      }
      await daybook.close()
    }
  })

  it('overwritten with garbage anywhere: a typed error or a finding, or nothing that matters', async () => {
    const whole = await fileWithRows(300)
    const bytes = readFileSync(whole)
    const pages = Math.floor(bytes.length / 4096)
    for (let page = 0; page < pages; page++) {
      const file = newFile()
      writeFileSync(file, bytes)
      const descriptor = openSync(file, 'r+')
      writeSync(descriptor, Buffer.alloc(600, 0xa7), 0, 600, page * 4096 + (page === 0 ? 20 : 1500))
      closeSync(descriptor)
      const daybook = open(file)
      daybook.on('error', () => undefined)
      const rows = rowsOf(daybook)
      try {
        await rows.preload()
        const { clean } = await daybook.verify()
        const right = rows.size === 300 && [...rows.values()].every(({ id, text }) => text === `row ${id}`)
        expect(clean && !right, `page ${page}: wrong rows and nothing found`).toBe(false)
      } catch (error) {
        expect(error, `page ${page}`).toBeInstanceOf(DaybookError)
      }
      await daybook.close()
    }
  })
})

describe('a file of another version', () => {
  const setFormat = (file: string, format: string): void => {
    const database = new Database(file)
    expect(
      database.prepare("UPDATE daybook_meta SET value = ? WHERE name = 'format'").run(format).changes,
    ).toBe(1)
    database.close()
  }

  it('that is newer is refused, with both numbers, and not touched', async () => {
    const file = await fileWithRows(3)
    setFormat(file, '2')
    const before = bytesOf(file)
    const error = await expectUnusable(file, NewerFormatError)
    expect(error).toMatchObject({ code: 'DAYBOOK_NEWER_FORMAT', found: 2, known: 1 })
    expect(bytesOf(file)).toBe(before)
    setFormat(file, '1')
    const rows = rowsOf(open(file))
    await rows.preload()
    expect(rows.size).toBe(3)
  })

  it.each(['', 'one', '0', '-1', '1.5', 'NaN'])('that says its format is %j is refused', async (format) => {
    const file = await fileWithRows(1)
    setFormat(file, format)
    await expectUnusable(file, NotADatabaseError)
  })

  it('whose entries have a newer format is refused when they are read', async () => {
    const file = await fileWithRows(3)
    const database = new Database(file)
    // The triggers refuse an UPDATE (L4); so somebody newer must have appended it.
    expect(() => database.prepare('UPDATE daybook_log SET format = 2 WHERE seq = 3').run()).toThrow()
    database
      .prepare(
        `INSERT INTO daybook_log SELECT seq + 1, term, kind, origin, origin_seq + 1, committed_at, 2, parts, size, body,
         checksum FROM daybook_log ORDER BY seq DESC LIMIT 1`,
      )
      .run()
    database.close()
    const daybook = open(file)
    daybook.on('error', () => undefined)
    const rows = rowsOf(daybook)
    await expect(rows.preload()).rejects.toBeInstanceOf(NewerFormatError)
    expect(rows.status).toBe('error')
  })
})

describe("a database that is somebody else's", () => {
  it('with tables of its own: daybook works beside them and leaves them as they are', async () => {
    const file = newFile()
    const app = new Database(file)
    app.exec(`
      CREATE TABLE rows_rows (mine TEXT); INSERT INTO rows_rows VALUES ('mine');
      CREATE TABLE todos (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO todos VALUES (1, 'mine');
      CREATE VIEW rows_view AS SELECT * FROM todos;
      CREATE INDEX rows_index ON todos (title);
      PRAGMA user_version = 42;
      PRAGMA application_id = 77;
    `)
    const daybook = open(file)
    for (const id of ['rows', 'view', 'index', 'todos']) {
      await rowsOf(daybook, id).insert({ id: 1 }).isPersisted.promise
    }
    const tables = (await daybook.collections()).map(({ rowTable }) => rowTable)
    expect(new Set(tables).size).toBe(4)
    for (const taken of ['rows_rows', 'rows_view', 'rows_index']) expect(tables).not.toContain(taken)
    expect(app.prepare('SELECT * FROM rows_rows').all()).toEqual([{ mine: 'mine' }])
    expect(app.prepare('SELECT * FROM todos').all()).toEqual([{ id: 1, title: 'mine' }])
    expect(app.pragma('user_version', { simple: true })).toBe(42)
    expect(app.pragma('application_id', { simple: true })).toBe(77)
    expect((await daybook.verify()).findings).toEqual([])
    app.close()
  })

  it('in rollback mode on a handle of the app stays in it', async () => {
    const database = new Database(newFile())
    database.exec('CREATE TABLE mine (x)')
    const daybook = open({ database })
    await rowsOf(daybook).insert({ id: 1 }).isPersisted.promise
    expect(database.pragma('journal_mode', { simple: true })).toBe('delete')
    await daybook.close()
    database.close()
  })

  it.each([
    ['an empty one', 'CREATE TABLE daybook_meta (name TEXT, value TEXT)'],
    ['one with other columns', 'CREATE TABLE daybook_meta (x)'],
    [
      'one of another thing',
      "CREATE TABLE daybook_meta (name, value); INSERT INTO daybook_meta VALUES ('format', 'A4')",
    ],
  ])('with a table daybook_meta that is not of daybook (%s) is refused and not touched', async (_, sql) => {
    const file = newFile()
    const app = new Database(file)
    app.exec(sql)
    app.close()
    await expectUnusable(file, NotADatabaseError)
    const after = new Database(file)
    expect(after.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'daybook_meta' }])
    after.close()
  })

  it('with a table that has the name of the log is refused with a typed error', async () => {
    const file = newFile()
    const app = new Database(file)
    app.exec('CREATE TABLE daybook_log (diary TEXT)')
    app.close()
    await expectUnusable(file, DaybookError)
    const after = new Database(file)
    expect(after.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'daybook_log' }])
    after.close()
  })
})

describe('a place where no file can be', () => {
  it('a folder', async () => {
    await expectUnusable(newFolder(), CannotOpenError)
  })

  it('a folder that is missing: it is not created', async () => {
    const folder = join(newFolder(), 'missing')
    await expectUnusable(join(folder, 'daybook.db'), CannotOpenError)
    expect(() => statSync(folder)).toThrow()
  })

  it('below a file', async () => {
    const file = newFile()
    writeFileSync(file, 'x')
    await expectUnusable(join(file, 'daybook.db'), CannotOpenError)
  })

  it('a name that is too long', async () => {
    await expectUnusable(join(newFolder(), 'x'.repeat(5000)), CannotOpenError)
  })

  it.each([[''], ['   '], ['a\0b'], ['\0']])('the name %j is refused at once', (filename) => {
    expect(() => open(filename)).toThrow(InvalidOptionError)
  })

  it.each([
    ['Ärger 日本 🎉.db'],
    ["it's; DROP TABLE.db"],
    ['with?query=1#and.db'],
    ['%41.db'],
    ['file:x.db'],
  ])('but %j is a name like any other', async (name) => {
    const folder = newFolder()
    mkdirSync(join(folder, 'sub'))
    const file = join(folder, 'sub', name)
    const daybook = open(file)
    await rowsOf(daybook).insert({ id: 1 }).isPersisted.promise
    await daybook.close()
    expect(statSync(file).size).toBeGreaterThan(0)
  })
})
