/** Rows with instances of an app's classes, which a codec keeps: from the collection to the file and back. */

import { and, createCollection, createLiveQueryCollection, eq, gt, gte, lt, not, or } from '@tanstack/db'
import { Decimal } from 'decimal.js'
import { describe, expect, it } from 'vitest'
import {
  type Daybook,
  exportRows,
  importRows,
  MissingCodecError,
  persistedCollectionOptions,
  UnkeepableValueError,
  type ValueCodec,
} from '../../src/node.js'
import { openDaybook as openNodeSqlite } from '../../src/node-sqlite.js'
import { check, fc } from '../support/fc.js'
import { eventually, failureOf, newFile, open, plain } from './fixture.js'

/** Compares like a number, and has nothing but a private field. */
class Amount {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents(): number {
    return this.#cents
  }
  valueOf(): number {
    return this.#cents
  }
}

const decimals: ValueCodec<Decimal, string> = {
  name: 'decimal',
  test: (value) => Decimal.isDecimal(value),
  encode: (value) => value.toString(),
  decode: (stored) => new Decimal(stored),
}
const amounts: ValueCodec<Amount, number> = {
  name: 'amount',
  test: (value) => value instanceof Amount,
  encode: ({ cents }) => cents,
  decode: (cents) => new Amount(cents),
}
const codecs = [decimals, amounts]

const openWith = (filename: string, given: readonly ValueCodec[] = codecs): Daybook =>
  open({ filename, retain: 'all', codecs: given })

/** A collection of rows with a price. */
type Priced = { id: number; price?: Decimal; amount?: Amount; list?: Decimal[]; n?: number; box?: object }
const pricedOn = (persistence: Daybook, id = 'priced') =>
  createCollection(persistedCollectionOptions({ id, persistence, getKey: (row: Priced) => row.id }))

describe('a row with instances', () => {
  it('comes back with them, here, in another context and after a restart', async () => {
    const file = newFile()
    const daybook = openWith(file)
    const rows = pricedOn(daybook)
    const other = pricedOn(openWith(file))
    await other.preload()
    const price = new Decimal('0.1').plus('0.2')
    await rows.insert({ id: 1, price, amount: new Amount(5), list: [price] }).isPersisted.promise
    await eventually(() => other.has(1))
    await daybook.close()
    const later = pricedOn(openWith(file))
    await later.preload()
    for (const collection of [other, later]) {
      const row = collection.get(1) as Priced
      expect(row.price?.eq('0.3')).toBe(true)
      expect(row.list?.[0]?.plus(1).toString()).toBe('1.3')
      expect(row.amount).toBeInstanceOf(Amount)
      expect(row.amount?.cents).toBe(5)
    }
  })

  it('is in the row table as the codec stores it, and in entries() as the app knows it', async () => {
    const daybook = openWith(newFile())
    await pricedOn(daybook).insert({ id: 1, price: new Decimal('12.50') }).isPersisted.promise
    const { rows } = await daybook.journal.query('priced')
    expect(rows).toMatchObject([{ value: '{"id":1,"price":"12.5"}', notes: '[["codec:decimal","price"]]' }])
    for await (const { ops, kind } of daybook.entries()) {
      if (kind === 'tx') expect(ops).toMatchObject([{ value: { price: new Decimal('12.5') } }])
    }
    expect((await daybook.verify()).findings).toEqual([])
  })

  it('keeps those that an update does not touch, though a draft shows copies of them', async () => {
    const file = newFile()
    const daybook = openWith(file)
    const rows = pricedOn(daybook)
    const [price, amount] = [new Decimal('1.5'), new Amount(7)]
    await rows.insert({ id: 1, price, amount, list: [new Decimal(1)], n: 1, box: { price, amount } })
      .isPersisted.promise
    await rows.update(1, (draft) => {
      draft.n = 2
    }).isPersisted.promise
    await rows.update(1, (draft) => {
      draft.price = new Decimal(2)
    }).isPersisted.promise
    await rows.update(1, (draft) => {
      draft.list?.unshift(new Decimal(0))
      ;(draft.box as { more?: string }).more = 'yes'
    }).isPersisted.promise
    const last = await lastOps(daybook)
    expect(last).toMatchObject([
      { op: 'patch', fields: { list: [new Decimal(0), new Decimal(1)], box: { price, more: 'yes' } } },
    ])
    await daybook.close()
    const again = pricedOn(openWith(file))
    await again.preload()
    for (const row of [rows.get(1), again.get(1)] as Priced[]) {
      expect(row.price?.toString()).toBe('2')
      expect(row.amount?.cents).toBe(7)
      expect(row.list?.map(String)).toEqual(['0', '1'])
      expect((row.box as Priced).price?.toString()).toBe('1.5')
      expect((row.box as Priced).amount?.cents).toBe(7)
    }
  })

  it('whose copy in a draft was changed is refused with its path, for it is no instance any more', async () => {
    const rows = pricedOn(openWith(newFile()))
    await rows.insert({ id: 1, box: { price: new Decimal(1) } }).isPersisted.promise
    const update = rows.update(1, (draft) => {
      const copy = (draft.box as { price: { s: number; constructor: unknown } }).price
      copy.s = -1
    })
    expect(await failureOf(update.isPersisted.promise)).toMatchObject({
      code: 'DAYBOOK_UNKEEPABLE_VALUE',
      path: ['box', 'price'],
      reason: expect.stringContaining('assign a new instance'),
    })
    expect((rows.get(1)?.box as Priced | undefined)?.price?.toString()).toBe('1')
  })

  it('is written by write(), with its metadata and that of the collection', async () => {
    const file = newFile()
    const daybook = openWith(file)
    const value = new Decimal(3)
    await daybook.write([
      { op: 'put', collection: 'priced', key: 1, value: { id: 1, price: value } },
      { op: 'meta', collection: 'priced', key: 1, value: { value } },
      { op: 'state', collection: 'priced', name: 'total', value },
      { op: 'patch', collection: 'priced', key: 1, fields: { list: [value] } },
    ])
    expect(await lastOps(daybook)).toEqual([
      { op: 'put', collection: 'priced', key: 1, value: { id: 1, price: value } },
      { op: 'meta', collection: 'priced', key: 1, value: { value } },
      { op: 'state', collection: 'priced', name: 'total', value },
      { op: 'patch', collection: 'priced', key: 1, fields: { list: [value] } },
    ])
    const rows = pricedOn(daybook)
    await rows.preload()
    expect(rows.get(1)?.list?.map(String)).toEqual(['3'])
  })

  it('may come as initialData, and is migrated with its instances', async () => {
    const file = newFile()
    const first = openWith(file)
    const begun = createCollection(
      persistedCollectionOptions({
        id: 'priced',
        persistence: first,
        getKey: (row: Priced) => row.id,
        initialData: [{ id: 1, price: new Decimal(2) }],
      }),
    )
    await begun.preload()
    await eventually(async () => (await first.journal.query('priced')).rows.length === 1)
    await first.close()
    const migrated = createCollection(
      persistedCollectionOptions({
        id: 'priced',
        persistence: openWith(file),
        getKey: (row: Priced) => row.id,
        schemaVersion: 2,
        migrate: (row: { id: number; price: Decimal }) => ({ ...row, price: row.price.times(10) }),
      }),
    )
    await migrated.preload()
    expect(migrated.get(1)?.price?.toString()).toBe('20')
  })

  it('is exported and imported as it is stored, without a codec', async () => {
    const file = newFile()
    await pricedOn(openWith(file)).insert({ id: 1, price: new Decimal(4) }).isPersisted.promise
    const target = newFile()
    await importRows(openWith(target, []), exportRows(file, 'priced'))
    const rows = pricedOn(openWith(target))
    await rows.preload()
    expect(rows.get(1)?.price?.toString()).toBe('4')
  })

  it('is kept by daybook/node-sqlite as well', async () => {
    if (Number.parseInt(process.versions.node, 10) < 22) return
    const daybook = openNodeSqlite({ filename: newFile(), codecs })
    const rows = pricedOn(daybook)
    await rows.insert({ id: 1, price: new Decimal(1) }).isPersisted.promise
    expect(rows.get(1)?.price?.plus(1).toString()).toBe('2')
    await daybook.close()
  })
})

describe('an instance that no codec takes', () => {
  it('is refused with its path, is not shown, and nothing is written', async () => {
    const daybook = openWith(newFile(), [decimals])
    const rows = pricedOn(daybook)
    const error = await failureOf(
      rows.insert({ id: 1, price: new Decimal(1), box: { amounts: [new Amount(1)] } }).isPersisted.promise,
    )
    expect(error).toBeInstanceOf(UnkeepableValueError)
    expect(error).toMatchObject({
      path: ['box', 'amounts', 0],
      op: { index: 0, collection: 'priced', key: 1 },
      message: expect.stringMatching(
        /\$\.box\.amounts\[0\].*row 1 of collection "priced".*instance of Amount.*codecs/,
      ),
    })
    expect(rows.size).toBe(0)
    expect(await daybook.collections()).toEqual([])
  })

  it('is refused as the row itself, with and without a codec for it', async () => {
    const put = { op: 'put', collection: 'priced', key: 1, value: new Amount(1) } as const
    expect(await failureOf(openWith(newFile(), []).write([put]))).toMatchObject({
      code: 'DAYBOOK_UNKEEPABLE_VALUE',
      path: [],
    })
    expect(await failureOf(openWith(newFile()).write([put]))).toMatchObject({
      code: 'DAYBOOK_INVALID_TRANSACTION',
      reason: expect.stringContaining('an instance of Amount, not a plain object'),
    })
  })
})

describe('a row whose codec is missing', () => {
  const fileWithPrices = async (): Promise<string> => {
    const file = newFile()
    const daybook = openWith(file)
    await pricedOn(daybook).insert([{ id: 1 }, { id: 2, price: new Decimal(2) }, { id: 3 }]).isPersisted
      .promise
    await daybook.close()
    return file
  }

  it('is left out and announced with the codec, the collection and the key, and the others are there', async () => {
    const daybook = openWith(await fileWithPrices(), [amounts])
    const errors: unknown[] = []
    daybook.on('error', (error) => errors.push(error))
    const rows = pricedOn(daybook)
    await rows.preload()
    expect([...rows.keys()]).toEqual([1, 3])
    expect(errors).toHaveLength(1)
    expect(errors[0]).toBeInstanceOf(MissingCodecError)
    expect(errors[0]).toMatchObject({ codec: 'decimal', collection: 'priced', key: '2' })
    expect((errors[0] as Error).message).toContain('Row 2 of collection "priced"')
  })

  it('that comes with the tail, or as metadata, is announced as well', async () => {
    const file = await fileWithPrices()
    const daybook = openWith(file, [])
    const errors: unknown[] = []
    daybook.on('error', (error) => errors.push(error))
    const rows = pricedOn(daybook)
    await rows.preload()
    errors.length = 0
    await openWith(file).write([
      { op: 'put', collection: 'priced', key: 4, value: { id: 4, price: new Decimal(1) } },
      { op: 'state', collection: 'priced', name: 'total', value: new Decimal(1) },
      { op: 'put', collection: 'priced', key: 5, value: { id: 5 } },
    ])
    await eventually(() => rows.has(5))
    expect(rows.has(4)).toBe(false)
    expect(errors).toMatchObject([
      { code: 'DAYBOOK_MISSING_CODEC', codec: 'decimal', collection: 'priced', key: '4' },
      { code: 'DAYBOOK_MISSING_CODEC', codec: 'decimal', collection: 'priced', stateName: 'total' },
    ])
  })

  it('is an error of entries() that names it', async () => {
    const daybook = openWith(await fileWithPrices(), [])
    const reading = (async () => {
      for await (const _ of daybook.entries());
    })()
    expect(await failureOf(reading)).toMatchObject({
      code: 'DAYBOOK_MISSING_CODEC',
      codec: 'decimal',
      collection: 'priced',
      key: '2',
    })
  })

  it('does not keep verify(), rebuild(), redact() and forget() from their work', async () => {
    const daybook = openWith(await fileWithPrices(), [])
    await daybook.rebuild()
    expect(await daybook.verify()).toMatchObject({ findings: [], unchecked: [] })
    await daybook.redact({ from: 1, to: 2 })
    await daybook.forget('priced', [3])
    expect((await daybook.verify()).findings).toEqual([])
    const { rows } = await daybook.journal.query('priced')
    expect(rows.map(({ notes }) => notes)).toContain('[["codec:decimal","price"]]')
  })
})

describe('on demand', () => {
  /** Values that compare with each other in all the ways of JavaScript. */
  const value = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: -3, max: 3 }).map((cents) => new Amount(cents)),
    fc.constantFrom(undefined, null, 'a', '1', new Date(1), 2n),
  )
  type Row = { id: number; a?: unknown; n?: unknown }
  const rowsArbitrary = fc
    .array(fc.record({ a: value, n: fc.integer({ min: 0, max: 4 }) }, { requiredKeys: ['n'] }), {
      maxLength: 12,
    })
    .map((rows) => rows.map((row, id): Row => ({ id, ...row })))
  type Refs = { row: Record<string, never> }
  type Where = (refs: Refs) => never
  const comparison = fc.tuple(fc.constantFrom(eq, gt, gte, lt), fc.constantFrom('a', 'n'), value).map(
    ([compare, field, against]): Where =>
      ({ row }) =>
        compare(row[field] as never, against as never) as never,
  )
  const condition = fc.oneof(
    comparison,
    fc.tuple(fc.constantFrom(and, or), comparison, comparison).map(
      ([join, one, other]): Where =>
        (refs) =>
          join(one(refs), other(refs)) as never,
    ),
    comparison.map(
      (each): Where =>
        (refs) =>
          not(each(refs)) as never,
    ),
  )

  const sameAsEager = async (
    rows: readonly Row[],
    where: Where | undefined,
    limit: number | undefined,
  ): Promise<void> => {
    const daybook = openWith(newFile())
    if (rows.length > 0)
      await daybook.write(
        rows.map((row) => ({ op: 'put', collection: 'rows', key: row.id, value: row }) as const),
      )
    const result = async (syncMode: 'eager' | 'on-demand'): Promise<unknown[]> => {
      const collection = createCollection({
        ...persistedCollectionOptions({
          id: 'rows',
          persistence: daybook,
          getKey: (row: Row) => row.id,
          syncMode,
        }),
      })
      const live = createLiveQueryCollection((q) => {
        const from = q.from({ row: collection })
        const filtered = where ? from.where(where as never) : from
        const ordered = filtered.orderBy(({ row }) => row.n as number).orderBy(({ row }) => row.id)
        return limit === undefined ? ordered : ordered.limit(limit)
      })
      await live.preload()
      const found = live.toArray.map((row) => plain(row as object))
      await live.cleanup()
      await collection.cleanup()
      return found
    }
    expect(await result('on-demand')).toEqual(await result('eager'))
    await daybook.close()
  }

  it('a live query shows what it shows eagerly, whatever it compares with a value of a codec', async () => {
    await check(
      fc.asyncProperty(
        rowsArbitrary,
        fc.option(condition, { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        sameAsEager,
      ),
      150,
    )
  })

  it('rows that certainly do not fit are not read, though a codec keeps something of them', async () => {
    const daybook = openWith(newFile())
    const price = new Decimal(1)
    await daybook.write(
      [1, 2, 3, 4].map((id) => ({ op: 'put', collection: 'rows', key: id, value: { id, n: id % 2, price } })),
    )
    const where = (field: string, value: unknown) => ({
      type: 'func' as const,
      name: 'eq',
      args: [
        { type: 'ref' as const, path: [field] },
        { type: 'val' as const, value },
      ],
    })
    const keys = async (...of: ReturnType<typeof where>[]) => {
      const { rows } = await daybook.journal.query('rows', { where: { type: 'func', name: 'and', args: of } })
      return rows.map(({ key }) => key).sort()
    }
    expect(await keys(where('n', 1))).toEqual(['1', '3'])
    // Which price is meant is for the reader to say.
    expect(await keys(where('n', 1), where('price', '5'))).toEqual(['1', '3'])
    const page = await daybook.journal.query('rows', {
      orderBy: [
        {
          expression: { type: 'ref', path: ['n'] },
          compareOptions: { direction: 'asc', nulls: 'first', stringSort: 'lexical' },
        },
      ],
      limit: 1,
    })
    expect(page.rows.map(({ key }) => key).sort()).toEqual(['2', '4'])
  })
})

/** The ops of the last transaction. */
async function lastOps(daybook: Daybook): Promise<unknown> {
  let last: unknown
  for await (const { ops, kind } of daybook.entries()) if (kind === 'tx') last = ops
  return last
}
