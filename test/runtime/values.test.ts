import { describe, expect, it } from 'vitest'
import { newFile, open, rowsIn, rowsOf } from './fixture.js'

const values: Record<string, unknown> = {
  date: new Date('2024-02-29T12:34:56.789Z'),
  'invalid date': new Date(Number.NaN),
  map: new Map<unknown, unknown>([
    ['a', 1],
    [{ k: 1 }, new Date(0)],
  ]),
  set: new Set([1, 'b', new Set([2])]),
  bigint: 2n ** 80n,
  'negative zero': -0,
  NaN: Number.NaN,
  infinities: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  undefined: undefined,
  null: null,
  'undefined inside': { a: undefined, b: [undefined, 1] },
  regexp: /a+b/giu,
  url: new URL('https://example.org/x?y=1'),
  bytes: new Uint8Array([0, 1, 255]),
  floats: new Float64Array([1.5, -0]),
  buffer: new Uint8Array([1, 2, 3]).buffer,
  error: new RangeError('too far'),
  'lone surrogate': '\ud800',
  'nul and quotes': '\0"\'\\',
  emoji: '👩‍👩‍👧‍👦',
  empty: ['', [], {}],
  deep: { a: { b: { c: [new Date(1), { d: 1n }] } } },
  'looks like a note': [['Date', 'x'], { $type: 'Date' }],
}

describe('a value', () => {
  it.each(Object.entries(values))('%s is the same in memory before and after a restart', async (_, value) => {
    const file = newFile()
    const before = open(file)
    const rows = rowsOf(before)
    await rows.insert({ id: 1, value, beside: 'x' }).isPersisted.promise
    const expected = [{ id: 1, value: value, beside: 'x' }]
    expect(rowsIn(rows), 'in memory, after the insert').toStrictEqual(expected)
    await rows.update(1, (draft) => {
      draft.beside = 'y'
    }).isPersisted.promise
    const afterwards = [{ id: 1, value: value, beside: 'y' }]
    expect(rowsIn(rows), 'in memory, after an update of another field').toStrictEqual(afterwards)
    await before.close()

    const again = rowsOf(open(file))
    await again.preload()
    expect(rowsIn(again), 'after a restart').toStrictEqual(afterwards)
  })

  it.each(Object.entries(values))('%s put by an update is the same after a restart', async (_, value) => {
    const file = newFile()
    const before = open(file)
    const rows = rowsOf(before)
    await rows.insert({ id: 1, value: 'before' }).isPersisted.promise
    await rows.update(1, (draft) => {
      draft.value = value
    }).isPersisted.promise
    const expected = [{ id: 1, value: value }]
    expect(rowsIn(rows)).toStrictEqual(expected)
    await before.close()
    const again = rowsOf(open(file))
    await again.preload()
    expect(rowsIn(again)).toStrictEqual(expected)
  })

  it.each(Object.entries(values))('%s is replaced without a trace', async (_, value) => {
    const file = newFile()
    const before = open(file)
    const rows = rowsOf(before)
    await rows.insert({ id: 1, value, other: new Date(5) }).isPersisted.promise
    await rows.update(1, (draft) => {
      draft.value = '1970-01-01T00:00:00.000Z'
    }).isPersisted.promise
    const expected = [{ id: 1, value: '1970-01-01T00:00:00.000Z', other: new Date(5) }]
    expect(rowsIn(rows)).toStrictEqual(expected)
    await before.close()
    const again = rowsOf(open(file))
    await again.preload()
    expect(rowsIn(again)).toStrictEqual(expected)
  })

  it('an own field named __proto__ stays a field, and changes no prototype', async () => {
    const file = newFile()
    const before = open(file)
    const rows = rowsOf(before)
    const row = JSON.parse('{"id":1,"inside":{"__proto__":{"evil":true}}}') as { id: number }
    await rows.insert(row).isPersisted.promise
    await before.close()
    const again = rowsOf(open(file))
    await again.preload()
    const inside = again.get(1)?.inside as object
    expect(Object.keys(inside)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(inside)).toBe(Object.prototype)
    expect(({} as { evil?: boolean }).evil).toBeUndefined()
  })

  it('a row of five megabytes, and one of ten thousand fields', async () => {
    const file = newFile()
    const before = open(file)
    const rows = rowsOf(before)
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, field) => [`f${field}`, field]))
    await rows.insert([
      { id: 1, text: 'é'.repeat(5_000_000) },
      { id: 2, ...wide },
    ]).isPersisted.promise
    await before.close()
    const again = rowsOf(open(file))
    await again.preload()
    expect(String(again.get(1)?.text).length).toBe(5_000_000)
    expect(rowsIn(again)[1]).toEqual({ id: 2, ...wide })
  })
})
