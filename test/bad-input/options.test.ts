import { createCollection } from '@tanstack/db'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  DaybookError,
  InvalidOptionError,
  MissingCollectionIdError,
  openDaybook,
  persistedCollectionOptions,
} from '../../src/node.js'
import { expectUnusable, newFile, open } from './fixture.js'

/** Calls something with arguments that its types forbid. */
const untyped = (call: (...parameters: never[]) => unknown, ...parameters: unknown[]): unknown =>
  (call as (...anything: unknown[]) => unknown)(...parameters)

describe('openDaybook', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['a text', 'daybook.db'],
    ['both a filename and a database', { filename: 'x.db', database: {} }],
    ['a filename that is a number', { filename: 5 }],
    ['a filename that is null', { filename: null }],
    ['a filename that is an object', { filename: new URL('file:///x.db') }],
    ['a database that is null', { database: null }],
    ['a database that is a text', { database: 'x.db' }],
    ['a database that is something else', { database: {} }],
    ['a durability that there is not', { filename: 'x.db', durability: 'none' }],
    ['a durability that is null', { filename: 'x.db', durability: null }],
    ['a busyTimeout that is negative', { filename: 'x.db', busyTimeout: -1 }],
    ['a busyTimeout that is NaN', { filename: 'x.db', busyTimeout: Number.NaN }],
    ['a busyTimeout that is Infinity', { filename: 'x.db', busyTimeout: Number.POSITIVE_INFINITY }],
    ['a trace that is no function', { filename: 'x.db', trace: true }],
    ['a busyTimeout that is a text', { filename: 'x.db', busyTimeout: '5' }],
    ['a retain that is a number', { filename: 'x.db', retain: 5 }],
    ['a retain with a negative limit', { filename: 'x.db', retain: { entries: -1 } }],
    ['a retain with NaN', { filename: 'x.db', retain: { bytes: Number.NaN } }],
    ['codecs that are no array', { filename: 'x.db', codecs: {} }],
    ['a codec without a name', { filename: 'x.db', codecs: [{ test() {}, encode() {}, decode() {} }] }],
    ['codecs that are null', { filename: 'x.db', codecs: null }],
  ])('refuses %s with InvalidOptionError, at once', (_, options) => {
    expect(() => untyped(openDaybook, options)).toThrow(InvalidOptionError)
  })

  it.each(['durabilty', 'retention', 'file', 'name', 'Codecs'])(
    'refuses the option %s, which there is not, and says which there are',
    (name) => {
      expect(() => untyped(openDaybook, { filename: newFile(), [name]: true })).toThrow(
        expect.objectContaining({
          code: 'DAYBOOK_INVALID_OPTION',
          option: name,
          message: expect.stringMatching(new RegExp(`"${name}".*filename, .*durability, .*codecs`)),
        }),
      )
    },
  )

  it('refuses an event that there is not, and says which there are', async () => {
    const daybook = open(newFile())
    expect(() => untyped(daybook.on.bind(daybook), 'erorr', () => undefined)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/"erorr".*error, .*warning/) }),
    )
  })

  it('refuses a handle that is closed', async () => {
    const database = new Database(newFile())
    database.close()
    await expectUnusable({ database }, DaybookError)
  })

  it('takes undefined for an option that is left out', async () => {
    const daybook = untyped(openDaybook, {
      filename: newFile(),
      database: undefined,
      durability: undefined,
      busyTimeout: undefined,
      retain: undefined,
    }) as ReturnType<typeof open>
    await daybook.ready
    await daybook.close()
  })
})

describe('persistedCollectionOptions', () => {
  const getKey = (row: { id: number }): number => row.id

  it.each(['schemaversion', 'initialRows', 'readiness', 'colour'])(
    'refuses the option %s, which a local-only collection has not',
    (name) => {
      const options = { id: 'rows', getKey, persistence: open(newFile()), [name]: 1 }
      expect(() => untyped(persistedCollectionOptions, options)).toThrow(
        expect.objectContaining({ code: 'DAYBOOK_INVALID_OPTION', option: name }),
      )
    },
  )

  it.each(['snapshots', 'identiy', 'Readiness', 'schmeaVersion'])(
    'refuses the option %s of a synced collection, which is nearly one of ours, and takes those of its source',
    (name) => {
      const source = { id: 'rows', getKey, sync: { sync: () => undefined }, persistence: open(newFile()) }
      expect(() => untyped(persistedCollectionOptions, { ...source, [name]: 1 })).toThrow(
        expect.objectContaining({ option: name, message: expect.stringContaining('Did you mean') }),
      )
      untyped(persistedCollectionOptions, { ...source, queryKey: ['rows'], shapeOptions: {} })
    },
  )

  it.each<[string, object]>([
    ['is missing', {}],
    ['is undefined', { id: undefined }],
    ['is null', { id: null }],
  ])('without an id (%s) is a MissingCollectionIdError', (_, id) => {
    const persistence = open(newFile())
    expect(() => untyped(persistedCollectionOptions, { ...id, getKey, persistence })).toThrow(
      MissingCollectionIdError,
    )
  })

  it.each([[''], [5], [{}], [true]])('refuses the id %j', (id) => {
    const persistence = open(newFile())
    expect(() => untyped(persistedCollectionOptions, { id, getKey, persistence })).toThrow(InvalidOptionError)
  })

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a text', 'x.db'],
    ['the options of a daybook', { filename: 'x.db' }],
    ['a promise', Promise.resolve()],
  ])('refuses a persistence that is %s', (_, persistence) => {
    expect(() => untyped(persistedCollectionOptions, { id: 'rows', getKey, persistence })).toThrow(
      InvalidOptionError,
    )
  })

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['no function', 'id'],
  ])('refuses a getKey that is %s', (_, wrong) => {
    const persistence = open(newFile())
    expect(() => untyped(persistedCollectionOptions, { id: 'rows', getKey: wrong, persistence })).toThrow(
      InvalidOptionError,
    )
  })

  it.each<[unknown]>([
    [0],
    [-1],
    [1.5],
    ['2'],
    [null],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2n],
    [2 ** 53],
    [{}],
  ])('refuses the schemaVersion %s', (schemaVersion) => {
    const persistence = open(newFile())
    const options = { id: 'rows', getKey, persistence, schemaVersion }
    expect(() => untyped(persistedCollectionOptions, options)).toThrow(InvalidOptionError)
    const synced = { ...options, sync: { sync: () => undefined } }
    expect(() => untyped(persistedCollectionOptions, synced)).toThrow(
      expect.objectContaining({ option: 'schemaVersion' }),
    )
  })

  it.each<[unknown]>([[null], ['row'], [{}], [5], [[(row: unknown) => row]]])(
    'refuses the migrate %j',
    (migrate) => {
      const persistence = open(newFile())
      const options = { id: 'rows', getKey, persistence, schemaVersion: 2, migrate }
      expect(() => untyped(persistedCollectionOptions, options)).toThrow(
        expect.objectContaining({ code: 'DAYBOOK_INVALID_OPTION', option: 'migrate' }),
      )
    },
  )

  it('refuses a schemaVersion without a persistence', () => {
    const options = { id: 'rows', getKey, schemaVersion: 2, migrate: (row: unknown) => row }
    expect(() => untyped(persistedCollectionOptions, options)).toThrow(
      expect.objectContaining({ code: 'DAYBOOK_INVALID_OPTION', option: 'persistence' }),
    )
  })

  it('takes undefined for a schemaVersion and a migrate that are left out', async () => {
    const rows = createCollection(
      persistedCollectionOptions({
        id: 'rows',
        getKey,
        persistence: open(newFile()),
        schemaVersion: undefined,
        migrate: undefined,
      }),
    )
    await rows.insert({ id: 1 }).isPersisted.promise
  })

  it.each([[undefined], [null], ['rows']])('refuses %j in place of options', (options) => {
    expect(() => untyped(persistedCollectionOptions, options)).toThrow(DaybookError)
  })

  it.each([[undefined], [null], [5], [{}], [{ sync: 'later' }]])('refuses %j as a sync', (sync) => {
    const persistence = open(newFile())
    expect(() => untyped(persistedCollectionOptions, { id: 'rows', getKey, persistence, sync })).toThrow(
      InvalidOptionError,
    )
  })

  it.each([
    [{ readiness: 'never' }],
    [{ initialRender: { strategy: 'cache-first' } }],
    [{ initialRender: { strategy: 'network-first', networkTimeoutMs: -1 } }],
    [{ initialRender: { strategy: 'network-first', networkTimeoutMs: '3' } }],
    [{ readiness: 'local', initialRender: { strategy: 'network-first' } }],
  ])('refuses %j beside a sync', (wrong) => {
    const persistence = open(newFile())
    const sync = { sync: () => undefined }
    expect(() =>
      untyped(persistedCollectionOptions, { id: 'rows', getKey, persistence, sync, ...wrong }),
    ).toThrow(InvalidOptionError)
  })
})
