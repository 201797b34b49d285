/** The body that a page makes of plain rows is the one that `encodeOps` makes. */

import { expect, test } from 'vitest'
import { encodeOps, type Op } from '../../src/log/op.js'
import { plainBody } from '../../src/log/plain-body.js'
import { anyOps, keys, put } from '../support/arbitraries.js'
import { check, fc } from '../support/fc.js'

const bodyOf = (ops: readonly Op[]): string[] => [...encodeOps(ops)]

test('whatever the ops are, it is the same body or none', async () => {
  let made = 0
  await check(
    fc.property(anyOps, (ops) => {
      const body = plainBody(ops)
      if (body === undefined) return
      made++
      expect(body).toEqual(bodyOf(ops))
    }),
    1000,
  )
  expect(made).toBeGreaterThan(50)
})

test('rows and metadata that are JSON have one', async () => {
  const collection = fc.constantFrom('todos', '')
  const key = fc.constantFrom(...keys, -0)
  const value = fc.dictionary(fc.string(), fc.jsonValue())
  const unset = fc.option(fc.array(fc.string(), { maxLength: 2 }), { nil: undefined })
  const op = fc.oneof(
    fc.record({ op: fc.constant('put' as const), collection, key, value }),
    fc
      .record({ op: fc.constant('patch' as const), collection, key, fields: value, unset })
      .map(({ unset: names, ...patch }) => (names === undefined ? patch : { ...patch, unset: names })),
    fc.record({ op: fc.constant('delete' as const), collection, key }),
    fc.record({
      op: fc.constant('meta' as const),
      collection,
      key,
      value: fc.option(value, { nil: undefined }),
    }),
    fc.record({
      op: fc.constant('state' as const),
      collection,
      name: fc.string(),
      value: fc.option(fc.jsonValue(), { nil: undefined }),
    }),
    fc.record({ op: fc.constant('truncate' as const), collection }),
  )
  await check(
    fc.property(fc.array(op, { maxLength: 5 }), (ops) => {
      // JSON has no -0, so fast-check's may be one of the values.
      if (JSON.stringify(ops).length > 0 && hasNegativeZero(ops)) return
      expect(plainBody(ops)).toEqual(bodyOf(ops))
    }),
    1000,
  )
  expect(plainBody([{ op: 'claim', collection: 'todos' }])).toEqual(
    bodyOf([{ op: 'claim', collection: 'todos' }]),
  )
})

const hasNegativeZero = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).some(([name, each]) => name !== 'key' && hasNegativeZero(each))
    : Object.is(value, -0)

test('what is not well-formed, cannot be kept or is large is left to encodeOps', () => {
  const none = [
    null,
    {},
    { op: 'put', collection: 1, key: 1, value: {} },
    { op: 'put', collection: 'todos', key: Number.NaN, value: {} },
    { op: 'put', collection: 'todos', key: 1, value: [] },
    { op: 'put', collection: 'todos', key: 1, value: null },
    { op: 'put', collection: 'todos', key: 1, value: 'text' },
    { op: 'put', collection: 'todos', key: 1, value: { call: () => undefined } },
    { op: 'put', collection: 'todos', key: 1, value: { at: new Date(0) } },
    { op: 'patch', collection: 'todos', key: 1, fields: {}, unset: [1] },
    { op: 'patch', collection: 'todos', key: 1, fields: {}, unset: 'abc' },
    { op: 'state', collection: 'todos', name: 1, value: true },
    { op: 'meta', collection: 'todos', value: true },
    { op: 'nothing', collection: 'todos', key: 1 },
    { op: 'reset', collection: 'todos' },
    put('todos', 1, { text: 'x'.repeat(1 << 19) }),
  ]
  for (const op of none) expect(plainBody([op as Op]), JSON.stringify(op)?.slice(0, 80)).toBeUndefined()
})
