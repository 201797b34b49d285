/** Random ops over few collections, few keys and few values, so that they meet each other often. */

import type { Op } from '../../src/log/op.js'
import type { Key } from '../../src/values/key.js'
import { fc } from './fc.js'

/** Ids that collide as slugs, as table names, or as property names. */
export const collectionIds = ['todos', 'To dos', '', '__proto__', '"; DROP TABLE daybook_log; --'] as const

/** Keys that look alike. */
export const keys: readonly Key[] = [1, '1', '"1"', 0, '', '__proto__', -1.5, '\0', '\ud83d']

const collection = fc.constantFrom(...collectionIds)
const key = fc.constantFrom(...keys)
const names = ['a', 'b', '__proto__', '1'] as const

const simple = fc.constantFrom<unknown>(
  0,
  'x',
  null,
  undefined,
  true,
  -0,
  Number.NaN,
  5n,
  new Date(0),
  '\ud800',
  '\0',
)
const value = fc.oneof(
  { weight: 6, arbitrary: simple },
  { weight: 1, arbitrary: fc.array(simple, { maxLength: 3 }) },
  { weight: 1, arbitrary: simple.map((x) => ({ x })) },
  { weight: 1, arbitrary: simple.map((x) => new Map([['k', x]])) },
)

// fromEntries makes `__proto__` a field like any other.
const fields = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), value), { selector: ([name]) => name, maxLength: 4 })
  .map((entries): object => Object.fromEntries(entries))

/** One op, of any kind. */
export const anyOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ op: fc.constant('put' as const), collection, key, value: fields }) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(collection, key, fields, fc.subarray([...names], { maxLength: 2 }))
      .map(([collection, key, fields, unset]) => ({
        op: 'patch' as const,
        collection,
        key,
        fields,
        // A field is changed or unset, not both.
        unset: unset.filter((name) => !Object.hasOwn(fields, name)),
      })),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('delete' as const), collection, key }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('meta' as const), collection, key, value }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('state' as const),
      collection,
      name: fc.constantFrom('cursor', '__proto__', ''),
      value,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('truncate' as const), collection }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reset' as const), collection }) },
)

/** The ops of one transaction. */
export const anyOps: fc.Arbitrary<Op[]> = fc.array(anyOp, { maxLength: 6 })

/** One op with plain values, for properties that are about something else. */
export const put = (collection: string, key: Key, value: object): Op => ({
  op: 'put',
  collection,
  key,
  value,
})
