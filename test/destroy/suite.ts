/** `daybook.destroy()` on files and on handles of the app: the same on every binding of Node. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCollection } from '@tanstack/db'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Daybook, type DestroyedEvent, persistedCollectionOptions } from '../../src/index.js'
import type { DaybookOptions as BetterSqlite3Options } from '../../src/node.js'
import type { DaybookOptions as NodeSqliteOptions } from '../../src/node-sqlite.js'

/** What the tests use of a handle, which both bindings have. */
export interface Handle {
  exec(sql: string): unknown
  prepare(sql: string): { all(): unknown[]; run(): unknown }
  close(): unknown
}

type Options = BetterSqlite3Options & NodeSqliteOptions

export interface DestroyBinding {
  openDaybook(options: Options): Daybook
  /** A handle of the app's own. */
  handle(file: string): Handle
}

const DESTROYED = { code: 'DAYBOOK_DESTROYED' }
const SECRET = 'buy milk for Ada'

export function describeDestroy({ openDaybook, handle }: DestroyBinding): void {
  let folder: string
  let file: string
  const daybooks: Daybook[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'daybook-destroy-'))
    file = join(folder, 'app.db')
  })
  afterEach(async () => {
    await Promise.allSettled(daybooks.splice(0).map((daybook) => daybook.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  function open(options: Options = { filename: file }): Daybook {
    const daybook = openDaybook({ retain: 'all', ...options })
    daybooks.push(daybook)
    return daybook
  }
  const todosOf = (persistence: Daybook) =>
    createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence,
        getKey: ({ id }: { id: number; title: string }) => id,
      }),
    )
  const write = (daybook: Daybook, key = 1) =>
    daybook.write([{ op: 'put', collection: 'todos', key, value: { id: key, title: SECRET } }])
  const rowsIn = async (daybook: Daybook): Promise<unknown[]> => {
    const todos = todosOf(daybook)
    await todos.preload()
    return [...todos.keys()]
  }
  /** Resolves with the `destroyed` event. */
  const told = (daybook: Daybook): Promise<DestroyedEvent> =>
    new Promise((resolve) => daybook.on('destroyed', resolve))

  it('removes the file and all that is beside it', async () => {
    const daybook = open()
    await write(daybook)
    const beside = ['.suspect', '.salvaged', '.salvaged-wal', '.damaged-2026-01-02T03-04-05.678Z']
    for (const suffix of beside) writeFileSync(file + suffix, SECRET)
    writeFileSync(`${file}.mine`, 'of the app')
    await daybook.destroy()
    expect(readdirSync(folder)).toEqual(['app.db.mine'])
  })

  it('leaves an empty daybook to the next open, in the same process', async () => {
    const daybook = open()
    await write(daybook)
    await daybook.destroy()
    const next = open()
    expect(await rowsIn(next)).toEqual([])
    await write(next, 2)
    await next.close()
    expect(await rowsIn(open())).toEqual([2])
  })

  it('ends this handle: its collections and every call', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.preload()
    const event = told(daybook)
    const entries = (async () => {
      for await (const _ of daybook.entries({ follow: true }));
    })()
    const ended = expect(entries).rejects.toMatchObject(DESTROYED)
    await daybook.destroy()
    await ended
    expect(await event).toEqual({ here: true })
    expect(todos.status).toBe('error')
    for (const call of [write(daybook), daybook.head(), daybook.stats(), daybook.forget('todos', [1])]) {
      await expect(call).rejects.toMatchObject(DESTROYED)
    }
    await expect(todosOf(daybook).preload()).rejects.toMatchObject(DESTROYED)
    await daybook.close()
  })

  it('never acknowledges a write that is under way', async () => {
    const daybook = open()
    let release = (): void => undefined
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence: daybook,
        getKey: ({ id }: { id: number }) => id,
        onInsert: () => new Promise<void>((resolve) => (release = resolve)),
      }),
    )
    await todos.preload()
    const waiting = todos.insert({ id: 1 }).isPersisted.promise
    const written = write(daybook, 2)
    const failures = Promise.allSettled([waiting, written])
    await daybook.destroy()
    release()
    for (const outcome of await failures) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: DESTROYED })
    }
    expect(await rowsIn(open())).toEqual([])
  })

  it('tells another handle on the file, which ends', async () => {
    const [daybook, other] = [open(), open()]
    await write(daybook)
    const todos = todosOf(other)
    await todos.preload()
    const event = told(other)
    await daybook.destroy()
    expect(await event).toEqual({ here: false })
    expect(todos.status).toBe('error')
    await expect(write(other, 2)).rejects.toMatchObject(DESTROYED)
    expect(existsSync(file)).toBe(false)
    expect(await rowsIn(open())).toEqual([])
  })

  it('leaves no row where another handle looks at nothing and keeps the file', async () => {
    const [daybook, other] = [open(), open()]
    await write(daybook)
    await write(other, 2)
    await daybook.destroy()
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name)).includes(SECRET), name).toBe(false)
    }
    const next = open()
    await write(next, 3)
    // What the old one remembers has nothing to do with the log that is there now.
    await expect(write(other, 4)).rejects.toMatchObject(DESTROYED)
    await expect(other.head()).rejects.toMatchObject(DESTROYED)
    expect(await rowsIn(next)).toEqual([3])
  })

  it('is harmless twice, also when another daybook is there by then', async () => {
    const daybook = open()
    await write(daybook)
    const first = daybook.destroy()
    expect(daybook.destroy()).toBe(first)
    await first
    const next = open()
    await write(next, 2)
    await daybook.destroy()
    expect(await rowsIn(next)).toEqual([2])
  })

  it('by a handle whose daybook was destroyed by another one does nothing', async () => {
    const [daybook, other] = [open(), open()]
    await Promise.all([daybook.ready, other.ready])
    await daybook.destroy()
    const next = open()
    await write(next, 2)
    await other.destroy()
    expect(await rowsIn(next)).toEqual([2])
  })

  it('works before the opening has ended, after close(), and without a file', async () => {
    await open().destroy()
    expect(readdirSync(folder)).toEqual([])
    const closed = open()
    await write(closed)
    await closed.close()
    await closed.destroy()
    expect(readdirSync(folder)).toEqual([])
    await open({ filename: ':memory:' }).destroy()
    await open({ filename: join(folder, 'nowhere', 'app.db') }).destroy()
  })

  it('removes a file that is damaged', async () => {
    const daybook = open()
    for (let key = 0; key < 200; key++) await write(daybook, key)
    await daybook.close()
    const sound = readFileSync(file)
    const damaged: Record<string, Buffer> = {
      'the beginning': Buffer.concat([Buffer.alloc(100, 'x'), sound.subarray(100)]),
      'the schema': Buffer.concat([sound.subarray(0, 100), Buffer.alloc(2000, 'x'), sound.subarray(2100)]),
      'all pages but the first': Buffer.concat([
        sound.subarray(0, 4096),
        Buffer.alloc(sound.length - 4096, 'x'),
      ]),
      'cut short': sound.subarray(0, 5000),
      'no database': Buffer.from('something else'),
    }
    for (const [what, bytes] of Object.entries(damaged)) {
      writeFileSync(file, bytes)
      const broken = open()
      await broken.ready.catch(() => undefined)
      await broken.destroy()
      expect(readdirSync(folder), what).toEqual([])
      const next = open()
      expect(await rowsIn(next), what).toEqual([])
      await next.destroy()
    }
  })

  it('ends another handle whose file has become damaged since', async () => {
    const [daybook, other] = [open(), open()]
    for (let key = 0; key < 200; key++) await write(daybook, key)
    await write(other, 200)
    await daybook.close()
    const raw = handle(file)
    raw.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    raw.close()
    const sound = readFileSync(file)
    writeFileSync(file, Buffer.concat([sound.subarray(0, 4096), Buffer.alloc(sound.length - 4096, 'x')]))
    const third = open()
    await third.ready.catch(() => undefined)
    await third.destroy()
    await expect(write(other, 201)).rejects.toThrow()
    expect(await rowsIn(open())).toEqual([])
  })

  it('removes a file of a newer format', async () => {
    const daybook = open()
    await write(daybook)
    await daybook.close()
    const raw = handle(file)
    raw.exec("UPDATE daybook_meta SET value = '99' WHERE name = 'format'")
    raw.exec('CREATE TABLE daybook_of_tomorrow (a)')
    raw.close()
    const newer = open()
    await expect(newer.ready).rejects.toMatchObject({ code: 'DAYBOOK_NEWER_FORMAT' })
    await newer.destroy()
    expect(readdirSync(folder)).toEqual([])
  })

  it('leaves the tables of the app in a file, and a database that is not of daybook', async () => {
    const daybook = open()
    await write(daybook)
    const raw = handle(file)
    raw.exec('CREATE TABLE rows_mine (a)')
    raw.exec('INSERT INTO rows_mine VALUES (7)')
    await daybook.destroy()
    expect(raw.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'rows_mine' }])
    expect(raw.prepare('SELECT a FROM rows_mine').all()).toEqual([{ a: 7 }])
    raw.exec('CREATE TABLE daybook_meta (name, value)')
    const refused = open()
    await expect(refused.destroy()).rejects.toMatchObject({ code: 'DAYBOOK_NOT_A_DATABASE' })
    expect(raw.prepare('SELECT a FROM rows_mine').all()).toEqual([{ a: 7 }])
    raw.close()
  })

  it('rejects while the file is locked, changes nothing, and can be asked again', async () => {
    const daybook = open({ filename: file, busyTimeout: 20 })
    await write(daybook)
    const raw = handle(file)
    raw.exec('BEGIN IMMEDIATE')
    await expect(daybook.destroy()).rejects.toMatchObject({ code: 'DAYBOOK_BUSY' })
    raw.exec('ROLLBACK')
    raw.close()
    const still = open()
    expect(await rowsIn(still)).toEqual([1])
    await still.close()
    await daybook.destroy()
    expect(readdirSync(folder)).toEqual([])
  })

  it('drops the tables of daybook on a handle of the app, and leaves the others', async () => {
    const database = handle(file)
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('CREATE TABLE mine (a)')
    database.exec('INSERT INTO mine VALUES (7)')
    const daybook = open({ database } as unknown as Options)
    const other = open()
    await write(daybook)
    const todos = todosOf(other)
    await todos.preload()
    const event = told(other)
    await daybook.destroy()
    expect(await event).toEqual({ here: false })
    expect(database.prepare("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").all()).toEqual([
      { name: 'mine' },
    ])
    expect(database.prepare('SELECT a FROM mine').all()).toEqual([{ a: 7 }])
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name)).includes(SECRET), name).toBe(false)
    }
    const next = open({ database } as unknown as Options)
    await write(next, 3)
    expect(await rowsIn(next)).toEqual([3])
    await next.close()
    database.close()
  })

  it('lets an open that comes in between begin in a file that is found again', async () => {
    for (let round = 0; round < 10; round++) {
      const daybook = open()
      await write(daybook)
      const destroyed = daybook.destroy()
      const next = open()
      await destroyed
      const isKept = await write(next, 2).then(
        () => true,
        () => false,
      )
      await next.close()
      const last = open()
      expect(await rowsIn(last)).toEqual(isKept ? [2] : [])
      await last.destroy()
    }
  })
}
