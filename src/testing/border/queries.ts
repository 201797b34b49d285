/**
 * Live queries of every kind: each is built over whatever pair of collections it is given, so the same one runs over ours
 * and over collections in memory.
 */

import {
  add,
  and,
  type Collection,
  coalesce,
  concat,
  count,
  eq,
  gt,
  gte,
  type InitialQueryBuilder,
  ilike,
  inArray,
  isNull,
  isUndefined,
  length,
  like,
  lower,
  lt,
  lte,
  max,
  min,
  not,
  or,
  type QueryBuilder,
  sum,
  upper,
} from '@tanstack/db'
import type { On, QueryShape } from './program.js'
import { KEYS, TAGS } from './values.js'

// biome-ignore lint/suspicious/noExplicitAny: the columns are of mixed types on purpose, which TanStack's builder refuses
type Any = any
export type Pair = Readonly<Record<On, Collection<Any, Any, Any>>>

interface Kind {
  readonly name: string
  /** Its result has an order. */
  readonly ordered?: boolean
  /** Its window can be moved. */
  readonly paged?: boolean
  readonly build: (q: InitialQueryBuilder, own: Any, other: Any, p: number) => QueryBuilder<Any>
}

const dateOf = (p: number): Date => new Date([0, 1, 86_400_000][p % 3] as number)
const textOf = (p: number): string => ['', 'a', 'A', 'b', 'ä'][p % 5] as string
const keyOf = (p: number) => KEYS[p % KEYS.length]
const where = (name: string, condition: (t: Any, p: number) => Any): Kind => ({
  name,
  build: (q, own, _, p) => q.from({ t: own }).where(({ t }: Any) => condition(t, p)),
})

const KINDS: readonly Kind[] = [
  { name: 'all', build: (q, own) => q.from({ t: own }) },
  where('tag =', (t, p) => eq(t.tag, TAGS[p % 2])),
  where('n >', (t, p) => gt(t.n, (p % 4) - 1)),
  where('n <=', (t, p) => lte(t.n, p % 4)),
  where('n in', (t, p) => inArray(t.n, [p % 3, (p % 3) + 2])),
  where('d >=', (t, p) => gte(t.d, dateOf(p))),
  where('d <', (t, p) => lt(t.d, dateOf(p))),
  where('s like', (t, p) => like(t.s, ['a%', '%_', '_', 'ä'][p % 4] as string)),
  where('s ilike', (t, p) => ilike(t.s, ['a%', 'Ä'][p % 2] as string)),
  where('not like', (t) => not(like(t.s, 'a%'))),
  where('n is null', (t) => isNull(t.n)),
  where('s is undefined', (t) => isUndefined(t.s)),
  where('and, or, not', (t, p) => and(or(eq(t.tag, 'x'), gt(t.n, p % 3)), not(eq(t.s, textOf(p))))),
  where('n + 1 >', (t, p) => gt(add(t.n, 1), p % 3)),
  where('length', (t, p) => gt(length(t.s), p % 2)),
  where('upper and lower', (t, p) => (p % 2 === 0 ? eq(upper(t.s), 'A') : eq(lower(t.s), 'a'))),
  where('concat', (t, p) => eq(concat(t.s, t.tag), `${textOf(p)}x`)),
  where('coalesce', (t, p) => gte(coalesce(t.n, 0), p % 3)),
  where('$key', (t, p) => eq(t.$key, keyOf(p))),
  where('ref =', (t, p) => eq(t.ref, keyOf(p))),
  {
    name: 'order by n, limit',
    ordered: true,
    paged: true,
    build: (q, own, _, p) =>
      q
        .from({ t: own })
        .orderBy(({ t }: Any) => t.n, p % 2 === 0 ? 'asc' : 'desc')
        .limit(1 + (p % 3)),
  },
  {
    name: 'order by n, offset, limit',
    ordered: true,
    paged: true,
    build: (q, own, _, p) =>
      q
        .from({ t: own })
        .orderBy(({ t }: Any) => t.n, {
          direction: p % 2 === 0 ? 'asc' : 'desc',
          nulls: p % 3 === 0 ? 'first' : 'last',
        })
        .offset(1)
        .limit(2),
  },
  {
    name: 'order by s, limit',
    ordered: true,
    build: (q, own, _, p) =>
      q
        .from({ t: own })
        .orderBy(({ t }: Any) => t.s, p % 2 === 0 ? 'asc' : 'desc')
        .limit(2),
  },
  {
    name: 'where, order by d, limit',
    ordered: true,
    paged: true,
    build: (q, own, _, p) =>
      q
        .from({ t: own })
        .where(({ t }: Any) => eq(t.tag, TAGS[p % 2]))
        .orderBy(({ t }: Any) => t.d, 'desc')
        .limit(2),
  },
  {
    name: 'order by tag and n, limit',
    ordered: true,
    build: (q, own) =>
      q
        .from({ t: own })
        .orderBy(({ t }: Any) => t.tag)
        .orderBy(({ t }: Any) => t.n, 'desc')
        .limit(3),
  },
  { name: 'order by n', ordered: true, build: (q, own) => q.from({ t: own }).orderBy(({ t }: Any) => t.n) },
  {
    name: 'inner join',
    build: (q, own, other) =>
      q
        .from({ t: own })
        .innerJoin({ o: other }, ({ t, o }: Any) => eq(t.ref, o.id))
        .select(({ t, o }: Any) => ({ id: t.id, v: t.v, o: o.id, ov: o.v })),
  },
  {
    name: 'left join, where',
    build: (q, own, other, p) =>
      q
        .from({ t: own })
        .leftJoin({ o: other }, ({ t, o }: Any) => eq(t.ref, o.id))
        .where(({ t }: Any) => gte(t.n, p % 2))
        .select(({ t, o }: Any) => ({ id: t.id, v: t.v, o: o?.id, ov: o?.v })),
  },
  {
    name: 'full join',
    build: (q, own, other) =>
      q
        .from({ t: own })
        .fullJoin({ o: other }, ({ t, o }: Any) => eq(t.ref, o.id))
        .select(({ t, o }: Any) => ({ id: t?.id, v: t?.v, o: o?.id, ov: o?.v })),
  },
  {
    name: 'group by tag',
    build: (q, own) =>
      q
        .from({ t: own })
        .groupBy(({ t }: Any) => t.tag)
        .select(({ t }: Any) => ({ tag: t.tag, all: count(t.id) })),
  },
  {
    name: 'sums of v',
    build: (q, own) =>
      q
        .from({ t: own })
        .select(({ t }: Any) => ({ all: count(t.id), sum: sum(t.v), least: min(t.v), most: max(t.v) })),
  },
  {
    name: 'distinct',
    build: (q, own) =>
      q
        .from({ t: own })
        .select(({ t }: Any) => ({ tag: t.tag }))
        .distinct(),
  },
  {
    name: 'find one',
    build: (q, own, _, p) =>
      q
        .from({ t: own })
        .where(({ t }: Any) => eq(t.id, keyOf(p)))
        .findOne() as Any,
  },
  {
    name: 'subquery',
    build: (q, own, _, p) =>
      q
        .from({
          t: q.from({ i: own }).where(({ i }: Any) => gt(i.n, p % 2)),
        })
        .where(({ t }: Any) => eq(t.tag, 'x')),
  },
  // A number that is not false, within a condition that takes it for true.
  where('n within and', (t, p) => and(eq(t.tag, TAGS[p % 2]), t.n)),
]

/** How many kinds there are. */
export const QUERY_KINDS = KINDS.length

const named = (name: string): number => KINDS.findIndex((kind) => kind.name === name)

/** Those that show what they have not shown before when a row gets a tag and a smaller number. */
export const ARRIVE: readonly number[] = [
  'tag =',
  'n within and',
  'order by n, limit',
  'order by n, offset, limit',
].map(named)

/** Those whose window can be moved. */
export const PAGED_KINDS: readonly number[] = KINDS.flatMap(({ paged }, of) => (paged === true ? [of] : []))

export const kindOf = ({ of }: QueryShape): Kind => KINDS[of % KINDS.length] as Kind

/** The query over a pair of collections. */
export const queryOver =
  (shape: QueryShape, pair: Pair) =>
  (q: InitialQueryBuilder): QueryBuilder<Any> => {
    const other: On = shape.on === 'a' ? 'b' : 'a'
    return kindOf(shape).build(q, pair[shape.on], pair[other], shape.p)
  }
