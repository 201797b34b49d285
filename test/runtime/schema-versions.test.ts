/** Rows outlive the app that wrote them: what happens when the next version of the app has another idea of a row. */

import { type Collection, createCollection, createTransaction } from '@tanstack/db'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  type Daybook,
  type Key,
  type MigratedRow,
  MigrationError,
  MigrationMissingError,
  persistedCollectionOptions,
  ReadOnlyError,
  SchemaVersionError,
} from '../../src/node.js'
import { dumpRows } from '../support/model.js'
import { Source } from '../synced/source.js'
import {
  eventually,
  failureOf,
  newFile,
  open,
  pause,
  rowsByKey,
  rowsIn,
  todosOf,
  transactionsIn,
} from './fixture.js'

type Row = { id: number } & Record<string, unknown>
type Migrate = (row: Row, fromVersion: number, about: MigratedRow) => Row

interface Declared {
  readonly id?: string
  readonly migrate?: Migrate
  readonly getKey?: (row: Row) => Key
}

/** Rows as one version of the app declares them. */
function rowsAt(persistence: Daybook, schemaVersion: number | undefined, declared: Declared = {}) {
  const { id = 'rows', migrate, getKey = (row: Row) => row.id } = declared
  return createCollection(
    persistedCollectionOptions<Row, Key>({ id, persistence, getKey, schemaVersion, migrate }),
  )
}

/** Marks the row as one of version 2, so that nobody can take it for another. */
const toTwo: Migrate = (row, from) => ({ ...row, from, version: 2 })

async function insertAll(rows: Collection<Row, Key>, ...ids: readonly number[]): Promise<void> {
  await Promise.all(ids.map((id) => rows.insert({ id, title: `row ${id}` }).isPersisted.promise))
}

/** A file whose `rows` were written by an app without versions. */
async function fileWithRows(...ids: readonly number[]): Promise<string> {
  const file = newFile()
  const daybook = open(file)
  await insertAll(rowsAt(daybook, undefined), ...ids)
  await daybook.close()
  return file
}

const versionOf = async (daybook: Daybook, id = 'rows'): Promise<number | undefined> =>
  (await daybook.collections()).find((each) => each.id === id)?.schemaVersion

/** The schema entries of the log, as [from, to]. */
async function versionsIn(daybook: Daybook, collection = 'rows'): Promise<number[][]> {
  const found: number[][] = []
  for await (const { kind, ops } of daybook.entries({ collection })) {
    for (const op of ops) if (kind === 'schema' && op.op === 'schema') found.push([op.from, op.to])
  }
  return found
}

describe('a newer app', () => {
  it('finds every row migrated when its collection is ready, by one entry, once', async () => {
    const file = await fileWithRows(1, 2)
    const daybook = open(file)
    const seen: unknown[] = []
    const migrate: Migrate = (row, from, about) => {
      seen.push([from, about])
      return toTwo(row, from, about)
    }
    const rows = rowsAt(daybook, 2, { migrate })
    await rows.preload()
    expect(rowsIn(rows)).toEqual([
      { id: 1, title: 'row 1', from: 1, version: 2 },
      { id: 2, title: 'row 2', from: 1, version: 2 },
    ])
    expect(seen).toEqual([
      [1, { key: 1, metadata: undefined }],
      [1, { key: 2, metadata: undefined }],
    ])
    expect(await versionOf(daybook)).toBe(2)
    expect(await versionsIn(daybook)).toEqual([[1, 2]])
    const head = await daybook.head()
    await daybook.close()

    const again = open(file)
    const later = rowsAt(again, 2, { migrate })
    await later.preload()
    expect(rowsIn(later)).toEqual(rowsIn(rows))
    expect(seen).toHaveLength(2)
    expect(await again.head()).toEqual(head)
    expect((await again.verify()).findings).toEqual([])
  })

  it('goes on writing, and the next one migrates what it wrote', async () => {
    const file = await fileWithRows(1)
    const daybook = open(file)
    const rows = rowsAt(daybook, 2, { migrate: toTwo })
    await rows.preload()
    await rows.insert({ id: 2, version: 2 }).isPersisted.promise
    await rows.update(1, (draft) => {
      draft.title = 'changed'
    }).isPersisted.promise
    await daybook.close()
    const next = rowsAt(open(file), 5, { migrate: (row, from) => ({ ...row, via: from, version: 5 }) })
    await next.preload()
    expect(rowsIn(next)).toEqual([
      { id: 1, title: 'changed', from: 1, via: 2, version: 5 },
      { id: 2, via: 2, version: 5 },
    ])
  })

  it('migrates values that JSON cannot say, and may change the row it is given', async () => {
    const file = newFile()
    const first = open(file)
    const value = { id: 1, due: new Date(5), size: 5n, tags: new Set(['a']), nothing: undefined }
    await rowsAt(first, 1).insert(value).isPersisted.promise
    await first.close()
    const rows = rowsAt(open(file), 2, {
      migrate: (row) => {
        row.size = (row.size as bigint) * 2n
        row.map = new Map([[1, row.due]])
        return row
      },
    })
    await rows.preload()
    expect(rowsByKey(rows).get(1)).toEqual({ ...value, size: 10n, map: new Map([[1, new Date(5)]]) })
  })

  it('migrates many rows as one entry in parts, which a rebuild reads without the app', async () => {
    const file = newFile()
    const first = open(file)
    await first.write(
      Array.from({ length: 20_000 }, (_, id) => ({
        op: 'put',
        collection: 'rows',
        key: id,
        value: { id, text: 'x'.repeat(40) },
      })),
    )
    const rows = rowsAt(first, 2, { migrate: (row) => ({ id: row.id, length: String(row.text).length }) })
    await rows.preload()
    expect(rows.size).toBe(20_000)
    expect(rowsByKey(rows).get(19_999)).toEqual({ id: 19_999, length: 40 })
    const answer = await first.journal.read({ term: 1, seq: 2 })
    const entries = 'entries' in answer ? answer.entries : []
    expect(entries).toHaveLength(1)
    expect(entries[0]?.parts.length).toBeGreaterThan(1)
    await first.close()
    const second = open(file)
    await second.ready
    const posted = dumpRows(file)
    await second.rebuild()
    expect(dumpRows(file)).toBe(posted)
    expect((await second.verify()).findings).toEqual([])
  })

  it('may give the rows other keys', async () => {
    const file = await fileWithRows(1, 2)
    const daybook = open(file)
    const rows = rowsAt(daybook, 2, {
      getKey: (row) => row.slug as string,
      migrate: (row, _, { key }) => ({ ...row, slug: `row-${key}` }),
    })
    await rows.preload()
    expect([...rows.keys()].sort()).toEqual(['row-1', 'row-2'])
    await rows.delete('row-1').isPersisted.promise
    expect([...rows.keys()]).toEqual(['row-2'])
    expect((await daybook.verify()).findings).toEqual([])
  })

  it('migrates again what others have written while it was at it', async () => {
    const file = await fileWithRows(1)
    const [daybook, other] = [open(file), open(file)]
    await other.ready
    let calls = 0
    const rows = rowsAt(daybook, 2, {
      migrate: (row, from, about) => {
        // It is in the log before what is being made here.
        if (calls++ === 0)
          void other.write([{ op: 'put', collection: 'rows', key: 2, value: { id: 2, title: 'late' } }])
        return toTwo(row, from, about)
      },
    })
    await rows.preload()
    expect(calls).toBe(3)
    expect(rowsIn(rows)).toEqual([
      { id: 1, title: 'row 1', from: 1, version: 2 },
      { id: 2, title: 'late', from: 1, version: 2 },
    ])
    expect(await versionsIn(daybook)).toEqual([[1, 2]])
  })

  it('does not migrate again because of what others write to other collections', async () => {
    const file = await fileWithRows(1)
    const [daybook, other] = [open(file), open(file)]
    await other.ready
    let calls = 0
    const rows = rowsAt(daybook, 2, {
      migrate: (row) => {
        calls++
        void other.write([{ op: 'put', collection: 'others', key: 1, value: {} }])
        return row
      },
    })
    await rows.preload()
    expect(calls).toBe(1)
    expect(await versionOf(daybook, 'others')).toBe(1)
  })

  it('is one of two that open at once: one migrates, the other finds it done', async () => {
    const file = await fileWithRows(1, 2, 3)
    const daybooks = [open(file), open(file), open(file)]
    const all = daybooks.map((daybook) => rowsAt(daybook, 2, { migrate: toTwo }))
    await Promise.all(all.map((rows) => rows.preload()))
    for (const rows of all) {
      expect(rowsIn(rows)).toEqual([1, 2, 3].map((id) => ({ id, title: `row ${id}`, from: 1, version: 2 })))
    }
    expect(await versionsIn(daybooks[0]!)).toEqual([[1, 2]])
  })

  it('leaves other collections as they are', async () => {
    const file = await fileWithRows(1)
    const first = open(file)
    await insertAll(rowsAt(first, 4, { id: 'others' }), 1)
    await first.close()
    const daybook = open(file)
    const [rows, others] = [rowsAt(daybook, 2, { migrate: toTwo }), rowsAt(daybook, 4, { id: 'others' })]
    await Promise.all([rows.preload(), others.preload()])
    expect(rowsIn(others)).toEqual([{ id: 1, title: 'row 1' }])
    expect(await versionOf(daybook, 'others')).toBe(4)
    expect(await versionsIn(daybook, 'others')).toEqual([[1, 4]])
  })

  it('of a local-only collection that does not say how does not open, and nothing is lost', async () => {
    const file = await fileWithRows(1, 2)
    const daybook = open(file)
    await daybook.ready
    const before = [dumpRows(file), await daybook.head()]
    const rows = rowsAt(daybook, 2)
    const error = await failureOf(rows.preload())
    expect(error).toBeInstanceOf(MigrationMissingError)
    expect(error).toMatchObject({ collection: 'rows', found: 1, wanted: 2 })
    expect((error as Error).message).toContain('migrate: (row, fromVersion) =>')
    expect(rows.status).toBe('error')
    expect(() => rows.insert({ id: 3 })).toThrow()
    expect([dumpRows(file), await daybook.head()]).toEqual(before)
    await daybook.close()
    const older = rowsAt(open(file), 1)
    await older.preload()
    expect(rowsIn(older)).toHaveLength(2)
  })

  it('that does not say how begins anew after drop(), as the error suggests', async () => {
    const file = await fileWithRows(1)
    const daybook = open(file)
    await failureOf(rowsAt(daybook, 2).preload())
    await daybook.drop('rows')
    const rows = rowsAt(daybook, 2)
    await rows.preload()
    expect(rows.size).toBe(0)
    await insertAll(rows, 7)
    expect(await versionOf(daybook)).toBe(2)
  })
})

describe('a migration that fails', () => {
  const failing: [string, Migrate, string][] = [
    [
      'throws',
      (row) => {
        if (row.id === 2) throw new Error('no title')
        return row
      },
      'no title',
    ],
    ['returns nothing', (row) => (row.id === 2 ? (undefined as never) : row), 'undefined'],
    ['returns null', (row) => (row.id === 2 ? (null as never) : row), 'null'],
    ['returns an array', (row) => (row.id === 2 ? ([] as never) : row), 'an array'],
    ['returns a Map', (row) => (row.id === 2 ? (new Map() as never) : row), ''],
    ['is asynchronous', (async (row: Row) => row) as never, 'promise'],
    [
      'is asynchronous and rejects',
      (async (row: Row) => (row.id === 2 ? Promise.reject(new Error('later')) : row)) as never,
      'promise',
    ],
    ['returns what cannot be kept', (row) => (row.id === 2 ? { ...row, f: () => 1 } : row), 'function'],
    ['gives no key', (row) => (row.id === 2 ? ({ title: 'x' } as never) : row), 'key'],
    ['gives two rows one key', (row) => ({ ...row, id: 1 }), 'has the key 1 already'],
  ]

  it.each(failing)('because migrate %s changes nothing, and names the row', async (_, migrate, reason) => {
    const file = await fileWithRows(1, 2, 3)
    const daybook = open(file)
    await daybook.ready
    const before = [dumpRows(file), await daybook.head()]
    const rows = rowsAt(daybook, 2, { migrate })
    const error = await failureOf(rows.preload())
    expect(error).toBeInstanceOf(MigrationError)
    expect(error).toMatchObject({ collection: 'rows', from: 1, to: 2 })
    expect(['1', '2']).toContain((error as MigrationError).key)
    expect((error as Error).message).toContain(reason)
    expect((error as Error).message).toContain('Nothing was changed')
    expect(rows.status).toBe('error')
    expect([dumpRows(file), await daybook.head()]).toEqual(before)

    // With the mistake mended it opens.
    await rows.cleanup()
    const mended = rowsAt(daybook, 2, { migrate: toTwo })
    await mended.preload()
    expect(rowsIn(mended)).toHaveLength(3)
  })

  it('because a row cannot be read names it', async () => {
    const file = await fileWithRows(1, 2)
    const database = new Database(file)
    database.prepare(`UPDATE rows_rows SET notes = '[["FutureType"]]' WHERE key = '2'`).run()
    database.close()
    const error = await failureOf(rowsAt(open(file), 2, { migrate: toTwo }).preload())
    expect(error).toMatchObject({ code: 'DAYBOOK_MIGRATION', key: '2' })
    expect((error as Error).cause).toMatchObject({ code: 'DAYBOOK_UNREADABLE_VALUE' })
  })

  it('because nothing can be written does not open the collection; one without rows opens', async () => {
    const file = await fileWithRows(1)
    const database = new Database(file, { readonly: true })
    const daybook = open({ database })
    expect(await failureOf(rowsAt(daybook, 2, { migrate: toTwo }).preload())).toBeInstanceOf(ReadOnlyError)
    const others = rowsAt(daybook, 2, { id: 'others' })
    await others.preload()
    expect(others.status).toBe('ready')
    await daybook.close()
    database.close()
  })
})

describe('an older app', () => {
  it('does not open newer rows, and leaves them as they are', async () => {
    const file = newFile()
    const newer = open(file)
    await insertAll(rowsAt(newer, 3), 1)
    const before = await newer.head()
    await newer.close()
    for (const version of [undefined, 1, 2]) {
      const daybook = open(file)
      const rows = rowsAt(daybook, version, { migrate: toTwo })
      const error = await failureOf(rows.preload())
      expect(error).toBeInstanceOf(SchemaVersionError)
      expect(error).toMatchObject({ collection: 'rows', found: 3, wanted: version ?? 1 })
      expect((error as Error).message).toContain('update this one')
      expect(rows.status).toBe('error')
      expect(await daybook.head()).toEqual(before)
      await daybook.close()
    }
  })

  it('does not open them either when there are none any more', async () => {
    const file = newFile()
    const newer = open(file)
    const rows = rowsAt(newer, 3)
    await insertAll(rows, 1)
    await rows.delete(1).isPersisted.promise
    await newer.close()
    expect(await failureOf(rowsAt(open(file), 2).preload())).toBeInstanceOf(SchemaVersionError)
  })

  it('that is running when a newer one migrates can write no more, and is told', async () => {
    const file = await fileWithRows(1)
    const [older, newer] = [open(file), open(file)]
    const old = rowsAt(older, 1)
    await old.preload()
    const rows = rowsAt(newer, 2, { migrate: toTwo })
    await rows.preload()
    // Before the entry has come by the tail, and after.
    const refused = [
      old.insert({ id: 2 }),
      old.update(1, (draft) => {
        draft.title = 'old'
      }),
    ].map(({ isPersisted }) => failureOf(isPersisted.promise))
    for (const error of await Promise.all(refused)) expect(error).toBeInstanceOf(SchemaVersionError)
    await eventually(() => old.status === 'error')
    expect(() => old.insert({ id: 3 })).toThrow()
    expect(rowsIn(rows)).toEqual([{ id: 1, title: 'row 1', from: 1, version: 2 }])
    expect(await versionsIn(newer)).toEqual([[1, 2]])
    expect(await transactionsIn(newer)).toHaveLength(1)
    // The rest of the app goes on.
    await insertAll(rowsAt(older, 1, { id: 'others' }), 1)
  })

  it('cannot commit a transaction over several collections when one of them is newer', async () => {
    const file = newFile()
    const [older, newer] = [open(file), open(file)]
    const [old, others] = [rowsAt(older, 1), rowsAt(older, 1, { id: 'others' })]
    await Promise.all([old.preload(), others.preload()])
    await insertAll(rowsAt(newer, 2), 1)
    const transaction = createTransaction({
      mutationFn: ({ transaction }) => older.commit(transaction),
    })
    transaction.mutate(() => {
      others.insert({ id: 1 })
      old.insert({ id: 5 })
    })
    expect(await failureOf(transaction.isPersisted.promise)).toBeInstanceOf(SchemaVersionError)
    expect(others.size).toBe(0)
    expect(await transactionsIn(newer)).toHaveLength(1)
  })

  it('that writes the first rows of a collection has them migrated by the newer one that is open', async () => {
    const file = newFile()
    const [older, newer] = [open(file), open(file)]
    const rows = rowsAt(newer, 2, { migrate: toTwo })
    await rows.preload()
    const old = rowsAt(older, 1)
    await insertAll(old, 1)
    await eventually(() => rows.size === 1)
    expect(rowsIn(rows)).toEqual([{ id: 1, title: 'row 1', from: 1, version: 2 }])
    await eventually(() => old.status === 'error')
    await insertAll(rows, 2)
    expect(rows.size).toBe(2)
    expect(await versionsIn(newer)).toEqual([[1, 2]])
  })

  it('that writes the first rows moves the newer one, which cannot migrate, to error', async () => {
    const file = newFile()
    const [older, newer] = [open(file), open(file)]
    const rows = rowsAt(newer, 2)
    await rows.preload()
    const old = rowsAt(older, 1)
    await insertAll(old, 1)
    await eventually(() => rows.status === 'error')
    expect(rowsIn(old)).toEqual([{ id: 1, title: 'row 1' }])
    expect(old.status).toBe('ready')
  })

  it('that writes the first rows has them migrated before the first write of the newer one', async () => {
    const file = newFile()
    const [older, newer] = [open(file), open(file)]
    await Promise.all([older.ready, newer.ready])
    const rows = rowsAt(newer, 2, { migrate: toTwo })
    await rows.preload()
    await older.write([{ op: 'put', collection: 'rows', key: 1, value: { id: 1 } }])
    // Not told of it yet.
    await rows.insert({ id: 2 }).isPersisted.promise
    await eventually(() => rows.size === 2)
    expect(rowsIn(rows)).toEqual([{ id: 1, from: 1, version: 2 }, { id: 2 }])
  })
})

describe('a collection that was never written', () => {
  it('says its version with the first write, and nothing before', async () => {
    const file = newFile()
    for (let time = 0; time < 3; time++) {
      const daybook = open(file)
      const rows = rowsAt(daybook, 3)
      await rows.preload()
      expect((await daybook.head()).seq).toBe(1)
      expect(await daybook.collections()).toEqual([])
      await daybook.close()
    }
    const daybook = open(file)
    const rows = rowsAt(daybook, 3)
    await insertAll(rows, 1)
    await insertAll(rows, 2)
    expect(rowsIn(rows)).toHaveLength(2)
    const kinds: string[] = []
    for await (const { kind } of daybook.entries({ collection: 'rows' })) kinds.push(kind)
    expect(kinds).toEqual(['schema', 'tx', 'tx'])
    expect(await versionOf(daybook)).toBe(3)
    await daybook.close()
    const later = rowsAt(open(file), 3)
    await later.preload()
    expect(rowsIn(later)).toHaveLength(2)
  })

  it('of version 1 needs no entry for that', async () => {
    const daybook = open()
    await todosOf(daybook).insert({ id: 1, title: 'a' }).isPersisted.promise
    expect((await daybook.head()).seq).toBe(2)
    expect(await versionOf(daybook, 'todos')).toBe(1)
  })

  it('says it once, whoever writes first', async () => {
    const file = newFile()
    const daybooks = [open(file), open(file), open(file)]
    const all = daybooks.map((daybook) => rowsAt(daybook, 3))
    await Promise.all(all.map((rows, index) => insertAll(rows, index, index + 10)))
    expect(await versionsIn(daybooks[0]!)).toEqual([[1, 3]])
    await Promise.all(all.map((rows) => eventually(() => rows.size === 6)))
  })

  it('says it in a transaction over several collections as well', async () => {
    const daybook = open()
    const [rows, others] = [rowsAt(daybook, 3), rowsAt(daybook, 2, { id: 'others' })]
    const plain = rowsAt(daybook, undefined, { id: 'plain' })
    const transaction = createTransaction({ mutationFn: ({ transaction }) => daybook.commit(transaction) })
    transaction.mutate(() => {
      rows.insert({ id: 1 })
      others.insert({ id: 1 })
      plain.insert({ id: 1 })
      rows.insert({ id: 2 })
    })
    await transaction.isPersisted.promise
    expect(
      (await daybook.collections()).map(({ id, schemaVersion, rows }) => [id, schemaVersion, rows]),
    ).toEqual([
      ['others', 2, 1],
      ['plain', 1, 1],
      ['rows', 3, 2],
    ])
    expect(await transactionsIn(daybook)).toHaveLength(1)
  })
})

describe('drop()', () => {
  it('forgets the version: an open collection goes on with its own, an older app may begin anew', async () => {
    const file = newFile()
    const daybook = open(file)
    const rows = rowsAt(daybook, 3)
    await insertAll(rows, 1)
    await daybook.drop('rows')
    expect(rows.size).toBe(0)
    await insertAll(rows, 2)
    expect(rowsIn(rows)).toEqual([{ id: 2, title: 'row 2' }])
    expect(await versionOf(daybook)).toBe(3)
    await daybook.drop('rows')
    await daybook.close()
    const older = open(file)
    await insertAll(rowsAt(older, 2), 5)
    expect(await versionOf(older)).toBe(2)
  })
})

describe('a trimmed log', () => {
  it('still knows the version of every collection', async () => {
    const file = newFile()
    const daybook = open({ filename: file, retain: { entries: 0 } })
    await insertAll(rowsAt(daybook, 3), 1)
    await daybook.compact()
    await daybook.close()
    const again = open(file)
    expect(await versionOf(again)).toBe(3)
    expect(await failureOf(rowsAt(again, 2).preload())).toBeInstanceOf(SchemaVersionError)
    const rows = rowsAt(again, 4, { migrate: toTwo })
    await rows.preload()
    expect(rowsIn(rows)).toEqual([{ id: 1, title: 'row 1', from: 3, version: 2 }])
  })
})

describe('closing', () => {
  it('while a migration is under way waits for it', async () => {
    const file = await fileWithRows(1, 2)
    const daybook = open(file)
    await daybook.ready
    const rows = rowsAt(daybook, 2, { migrate: toTwo })
    const preloaded = rows.preload().catch(() => undefined)
    await pause()
    await daybook.close()
    await Promise.race([preloaded, pause(50)])
    const again = open(file)
    expect(await versionsIn(again)).toEqual([[1, 2]])
    expect((await again.verify()).findings).toEqual([])
  })
})

describe('a synced collection', () => {
  const synced = (persistence: Daybook, source: Source, schemaVersion: number, migrate?: Migrate) =>
    createCollection(
      persistedCollectionOptions({
        id: 'rows',
        persistence,
        getKey: (row: Row) => row.id,
        sync: source.sync as never,
        schemaVersion,
        migrate,
      }),
    )

  /** A file that a source of version 1 has filled, with metadata and a resume token. */
  async function filled(): Promise<string> {
    const file = newFile()
    const daybook = open(file)
    const source = new Source()
    const rows = synced(daybook, source, 1)
    rows.startSyncImmediate()
    await eventually(() => source.params !== undefined)
    source.transaction(({ write, metadata }) => {
      write({ type: 'insert', value: { id: 1, title: 'one' }, metadata: { etag: 'a' } } as never)
      write({ type: 'insert', value: { id: 2, title: 'two' } })
      metadata?.collection.set('cursor', 7)
    })
    source.running.markReady()
    await rows.preload()
    await rows.cleanup()
    await daybook.close()
    return file
  }

  /** What a source finds when it is started. */
  const found = (rows: unknown[][]): Source =>
    new Source({
      onStart: ({ collection, metadata }) => {
        rows.push([rowsIn(collection as never), metadata?.row.get(1), metadata?.collection.get('cursor')])
      },
    })

  it('is migrated like any other, and keeps the metadata of its rows and its resume token', async () => {
    const file = await filled()
    const daybook = open(file)
    const starts: unknown[][] = []
    const about: MigratedRow[] = []
    const source = found(starts)
    const rows = synced(daybook, source, 2, (row, from, each) => {
      about.push(structuredClone(each))
      // What it is told is its own.
      if (each.metadata !== undefined) (each.metadata as { etag: string }).etag = 'changed'
      return toTwo(row, from, each)
    })
    await rows.preload()
    await eventually(() => source.params !== undefined)
    const migrated = [
      { id: 1, title: 'one', from: 1, version: 2 },
      { id: 2, title: 'two', from: 1, version: 2 },
    ]
    expect(about).toEqual([
      { key: 1, metadata: { etag: 'a' } },
      { key: 2, metadata: undefined },
    ])
    expect(starts).toEqual([[migrated, { etag: 'a' }, 7]])
    expect(rowsIn(rows)).toEqual(migrated)
    expect(await versionsIn(daybook)).toEqual([[1, 2]])
    expect((await daybook.verify()).findings).toEqual([])
  })

  it('without migrate is emptied by one entry, metadata and token too, and says so; its source fills it again', async () => {
    const file = await filled()
    const daybook = open(file)
    const events: unknown[] = []
    daybook.on('reset', (event) => events.push(event))
    const starts: unknown[][] = []
    const source = found(starts)
    const rows = synced(daybook, source, 3)
    rows.startSyncImmediate()
    await eventually(() => source.params !== undefined)
    expect(starts).toEqual([[[], undefined, undefined]])
    expect(events).toEqual([{ collection: 'rows', from: 1, to: 3 }])
    expect(rows.status).toBe('loading')
    source.send({ type: 'insert', value: { id: 9, title: 'new' } })
    source.running.markReady()
    await rows.preload()
    await rows.cleanup()
    await daybook.close()

    const again = open(file)
    const later = synced(again, new Source(), 3)
    await later.preload()
    expect(rowsIn(later)).toEqual([{ id: 9, title: 'new' }])
    expect(await versionsIn(again)).toEqual([[1, 3]])
    expect((await again.verify()).findings).toEqual([])
  })

  it('of an older app does not open newer rows, and does not start its source', async () => {
    const file = newFile()
    const first = open(file)
    const source = new Source()
    const newer = synced(first, source, 3)
    newer.startSyncImmediate()
    await eventually(() => source.params !== undefined)
    source.send({ type: 'insert', value: { id: 1, title: 'one' } })
    await newer.cleanup()
    await first.close()
    const idle = new Source()
    const rows = synced(open(file), idle, 2)
    expect(await failureOf(rows.preload())).toBeInstanceOf(SchemaVersionError)
    expect(rows.status).toBe('error')
    expect(idle.starts).toBe(0)
  })

  it('says its version when it first opens, and later opens append nothing', async () => {
    const file = newFile()
    const heads: number[] = []
    for (let time = 0; time < 3; time++) {
      const daybook = open(file)
      const source = new Source()
      const rows = synced(daybook, source, 2)
      rows.startSyncImmediate()
      await eventually(() => source.params !== undefined)
      await rows.cleanup()
      heads.push((await daybook.head()).seq)
      await daybook.close()
    }
    expect(heads).toEqual([2, 2, 2])
  })
})
