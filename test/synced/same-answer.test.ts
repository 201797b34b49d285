/** A property: a live query has the same rows whether its collection is loaded eagerly or on demand. */

import {
  add,
  and,
  BasicIndex,
  coalesce,
  concat,
  createCollection,
  createLiveQueryCollection,
  eq,
  gt,
  gte,
  ilike,
  inArray,
  isNull,
  isUndefined,
  length,
  like,
  lower,
  lt,
  lte,
  not,
  or,
  upper,
} from '@tanstack/db'
import { expect, test } from 'vitest'
import { type Daybook, persistedCollectionOptions } from '../../src/node.js'
import { newFile, open, plain } from '../runtime/fixture.js'
import { check, fc } from '../support/fc.js'

interface Row {
  id: number
  a?: unknown
  b?: unknown
  deep?: { x?: unknown }
}

// biome-ignore lint/suspicious/noExplicitAny: rows of any type
type Ref = any
/** Makes a part of a query from the references to a row. */
type Make = (row: Ref) => Ref

const scalar = fc.oneof(
  fc.constantFrom('', 'a', 'A', 'Ä', 'ä', '5', 'x%', '1970-01-01T00:00:00.005Z'),
  fc.constantFrom<unknown>(null, undefined, true, false, 5n, 2n ** 70n, Number.NaN, Infinity, -0),
  fc.integer({ min: -3, max: 9 }),
  fc.double({ min: -5, max: 5, noNaN: true }),
  fc.constantFrom(0, 5, 5.5, -1.5, -1e13, 1e12).map((time) => new Date(time)),
)
const rows = fc
  .array(
    fc.record(
      {
        a: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
        b: scalar,
        deep: fc.record({ x: scalar }, { requiredKeys: [] }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    { maxLength: 20 },
  )
  .map((all) => all.map((row, id): Row => ({ ...row, id })))

const field: fc.Arbitrary<Make> = fc.constantFrom<Make>(
  (row) => row.a,
  (row) => row.b,
  (row) => row.deep.x,
  (row) => row.id,
)
const operand: fc.Arbitrary<Make> = fc.oneof(
  { weight: 5, arbitrary: field },
  {
    weight: 1,
    arbitrary: field.map(
      (make): Make =>
        (row) =>
          upper(make(row)),
    ),
  },
  {
    weight: 1,
    arbitrary: field.map(
      (make): Make =>
        (row) =>
          lower(make(row)),
    ),
  },
  {
    weight: 1,
    arbitrary: field.map(
      (make): Make =>
        (row) =>
          length(make(row)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(field, field).map(
      ([one, two]): Make =>
        (row) =>
          concat(one(row), two(row)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(field, field).map(
      ([one, two]): Make =>
        (row) =>
          coalesce(one(row), two(row)),
    ),
  },
  {
    weight: 1,
    arbitrary: field.map(
      (make): Make =>
        (row) =>
          add(row.id, length(make(row))),
    ),
  },
)
const { condition } = fc.letrec<{ condition: Make }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2 },
    ...[eq, gt, gte, lt, lte].map((compare) => ({
      weight: 3,
      arbitrary: fc.tuple(operand, scalar).map(
        ([make, value]): Make =>
          (row) =>
            (compare as Ref)(make(row), value),
      ),
    })),
    {
      weight: 2,
      arbitrary: fc.tuple(operand, fc.array(scalar, { maxLength: 4 })).map(
        ([make, list]): Make =>
          (row) =>
            inArray(make(row), list),
      ),
    },
    {
      weight: 1,
      arbitrary: operand.map(
        (make): Make =>
          (row) =>
            like(make(row), 'a%'),
      ),
    },
    {
      weight: 1,
      arbitrary: operand.map(
        (make): Make =>
          (row) =>
            ilike(make(row), '%ä%'),
      ),
    },
    {
      weight: 1,
      arbitrary: operand.map(
        (make): Make =>
          (row) =>
            isNull(make(row)),
      ),
    },
    {
      weight: 1,
      arbitrary: operand.map(
        (make): Make =>
          (row) =>
            isUndefined(make(row)),
      ),
    },
    {
      weight: 2,
      arbitrary: tie('condition').map(
        (make): Make =>
          (row) =>
            not(make(row)),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(tie('condition'), tie('condition')).map(
        ([one, two]): Make =>
          (row) =>
            and(one(row), two(row)),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(tie('condition'), tie('condition')).map(
        ([one, two]): Make =>
          (row) =>
            or(one(row), two(row)),
      ),
    },
  ),
}))

/** Fields whose values TanStack can order, so that a page is one answer. */
const order = fc.record({
  direction: fc.constantFrom('asc' as const, 'desc' as const),
  nulls: fc.constantFrom('first' as const, 'last' as const),
  limit: fc.integer({ min: 1, max: 6 }),
  pages: fc.nat(2),
})

const collection = (persistence: Daybook, syncMode: 'eager' | 'on-demand') =>
  createCollection(
    persistedCollectionOptions({
      id: 'rows',
      getKey: (row: Row) => row.id,
      persistence,
      syncMode,
      autoIndex: 'eager',
      defaultIndexType: BasicIndex,
    }),
  )

async function answer(
  rowsOf: ReturnType<typeof collection>,
  where: Make | undefined,
  page: { direction: 'asc' | 'desc'; nulls: 'first' | 'last'; limit: number; pages: number } | undefined,
): Promise<unknown[]> {
  const live = createLiveQueryCollection((q: Ref) => {
    let query = q.from({ row: rowsOf })
    if (where !== undefined) query = query.where(({ row }: Ref) => where(row))
    if (page === undefined) return query
    return query
      .orderBy(({ row }: Ref) => row.id, { direction: page.direction, nulls: page.nulls })
      .limit(page.limit)
  }) as Ref
  try {
    await live.preload()
    const found: unknown[] = [...live.toArray]
    for (let n = 1; n <= (page?.pages ?? 0); n++) {
      await live.utils.setWindow({ offset: n * page!.limit, limit: page!.limit })
      found.push(...live.toArray)
    }
    const keys = found.map((row) => (plain(row as object) as Row).id)
    return page === undefined ? keys.sort((one, two) => one - two) : keys
  } catch (error) {
    return [String(error)]
  } finally {
    await live.cleanup()
  }
}

test('eager and on-demand collections answer the same', async () => {
  await check(
    fc.asyncProperty(
      rows,
      fc.array(fc.tuple(fc.option(condition, { nil: undefined }), fc.option(order, { nil: undefined })), {
        minLength: 1,
        maxLength: 4,
      }),
      async (all, queries) => {
        const daybook = open(newFile())
        await daybook.write(
          all.map((value) => ({ op: 'put' as const, collection: 'rows', key: value.id, value })),
        )
        const eager = collection(daybook, 'eager')
        await eager.preload()
        for (const [where, page] of queries) {
          const expected = await answer(eager, where, page)
          const onDemand = collection(daybook, 'on-demand')
          expect(await answer(onDemand, where, page)).toEqual(expected)
          await onDemand.cleanup()
        }
        await eager.cleanup()
        await daybook.close()
      },
    ),
    150,
  )
})
