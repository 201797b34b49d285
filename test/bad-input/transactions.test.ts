import { describe, expect, it } from 'vitest'
import {
  DaybookError,
  InvalidTransactionError,
  type Transaction,
  UnkeepableValueError,
} from '../../src/node.js'
import { newFile, open, refusal, rowsOf } from './fixture.js'

const sound: Transaction = { origin: 'elsewhere', originSeq: 1, parts: ['[["put","rows",1,{"id":1}]]'] }
const body = (...ops: unknown[]): object => ({ ...sound, parts: [JSON.stringify(ops)] })

const malformed: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  'a text': 'hello',
  'an empty object': {},
  'no origin': { ...sound, origin: undefined },
  'an empty origin': { ...sound, origin: '' },
  'an origin that is a number': { ...sound, origin: 7 },
  'an origin of a megabyte': { ...sound, origin: 'x'.repeat(1 << 20) },
  'an origin with a lone surrogate': { ...sound, origin: 'a\ud800' },
  'an origin with a NUL': { ...sound, origin: 'a\0b' },
  'no origin seq': { ...sound, originSeq: undefined },
  'origin seq 0': { ...sound, originSeq: 0 },
  'a negative origin seq': { ...sound, originSeq: -1 },
  'a fraction as origin seq': { ...sound, originSeq: 1.5 },
  'an origin seq beyond the safe integers': { ...sound, originSeq: 2 ** 53 },
  'an origin seq that is NaN': { ...sound, originSeq: Number.NaN },
  'an origin seq that is a text': { ...sound, originSeq: '1' },
  'an origin seq that is a bigint': { ...sound, originSeq: 1n },
  'term 0': { ...sound, term: 0 },
  'a term that is a text': { ...sound, term: '1' },
  'a term that is null': { ...sound, term: null },
  'no parts': { ...sound, parts: undefined },
  'parts that are a text': { ...sound, parts: '[]' },
  'an empty list of parts': { ...sound, parts: [] },
  'a part that is no text': { ...sound, parts: [['put']] },
  'a part that is not JSON': { ...sound, parts: ['[["put"'] },
  'an empty part': { ...sound, parts: [''] },
  'a part that is an object': { ...sound, parts: ['{}'] },
  'a part that is null': { ...sound, parts: ['null'] },
  'a second part that is wrong': { ...sound, parts: ['[]', '{}'] },
  'an op that is no array': body({ op: 'put' }),
  'an op that is null': body(null),
  'an empty op': body([]),
  'an op that there is not': body(['upsert', 'rows', 1, {}]),
  'a put without a key': body(['put', 'rows']),
  'a put with a key that is null': body(['put', 'rows', null, {}]),
  'a put with a key that is an object': body(['put', 'rows', {}, {}]),
  'a put with a key that is Infinity': { ...sound, parts: ['[["put","rows",1e999,{}]]'] },
  'a put with no value': body(['put', 'rows', 1]),
  'a put with null as its value': body(['put', 'rows', 1, null]),
  'a put with a number as its value': body(['put', 'rows', 1, 5]),
  'a put with notes that are no list': body(['put', 'rows', 1, {}, 'Date']),
  'a put with too much': body(['put', 'rows', 1, {}, [], 'more']),
  'a put with a number that JSON has no form for': { ...sound, parts: ['[["put","rows",1,{"n":1e999}]]'] },
  'a patch of no fields': body(['patch', 'rows', 1]),
  'a patch with names that are no texts': body(['patch', 'rows', 1, {}, null, [1]]),
  'a delete with too much': body(['delete', 'rows', 1, 'more']),
  'a collection that is no text': body(['put', 1, 1, {}]),
  'a state without a name': body(['state', 'rows']),
  'a reset with too much': body(['reset', 'rows', 1]),
  'a sound op and a wrong one': body(['put', 'rows', 1, {}], ['nonsense', 'rows']),
  'a text with a raw lone surrogate in its JSON': {
    ...sound,
    parts: ['[["put","rows",1,{"id":1,"x":"\ud800"}]]'],
  },
}

describe('write', () => {
  const sane = { op: 'put', collection: 'rows', key: 1, value: { id: 1 } }

  it.each<[what: string, op: unknown, reason: RegExp]>([
    ['null', null, /it is null, not an object/],
    ['a text', 'put', /it is "put", not an object/],
    ['an op without a name', { collection: 'rows' }, /its `op` is undefined; the ops are put, patch/],
    ['an op that there is not', { ...sane, op: 'upsert' }, /its `op` is "upsert"/],
    ['a put without a collection', { op: 'put', key: 1, value: {} }, /its `collection` is undefined/],
    ['a collection that is a number', { ...sane, collection: 5 }, /its `collection` is 5/],
    ['a put without a value', { op: 'put', collection: 'rows', key: 1 }, /its `value` is undefined/],
    ['a put of an array', { ...sane, value: [1] }, /its `value` is an array/],
    ['a put of a Map', { ...sane, value: new Map() }, /its `value` is an instance of Map/],
    ['a patch without fields', { op: 'patch', collection: 'rows', key: 1 }, /its `fields` are undefined/],
    [
      'a patch with an unset that is a text',
      { op: 'patch', collection: 'rows', key: 1, fields: {}, unset: 'name' },
      /its `unset` is "name", not an array/,
    ],
    ['a state without a name', { op: 'state', collection: 'rows', value: 1 }, /its `name` is undefined/],
    ['a schema from nothing', { op: 'schema', collection: 'rows', to: 2 }, /its `from` is undefined/],
    ['a schema to a fraction', { op: 'schema', collection: 'rows', from: 1, to: 1.5 }, /its `to` is 1.5/],
  ])('says which op is malformed (%s) and why, and writes nothing', async (_, op, reason) => {
    const daybook = open(newFile())
    const error = await refusal(daybook.write([sane, sane, op] as never), InvalidTransactionError)
    expect(error).toMatchObject({ op: { index: 2 }, reason: expect.stringMatching(reason) })
    expect((error as Error).message).toMatch(/op 2 is malformed/)
    expect((await daybook.head()).seq).toBe(1)
  })

  it.each<[what: string, op: object, expected: object]>([
    [
      'a value that cannot be kept',
      { ...sane, key: 7, value: { f: () => 1 } },
      { code: 'DAYBOOK_UNKEEPABLE_VALUE', path: ['f'], op: { index: 1, collection: 'rows', key: 7 } },
    ],
    [
      'a key that is none',
      { ...sane, key: null },
      { code: 'DAYBOOK_INVALID_KEY', key: null, op: { index: 1, collection: 'rows', key: null } },
    ],
  ])('says which op has %s, and writes nothing', async (_, op, expected) => {
    const daybook = open(newFile())
    await expect(daybook.write([sane, op] as never)).rejects.toMatchObject(expected)
    expect((await daybook.head()).seq).toBe(1)
  })
})

describe('journal.append', () => {
  it.each(Object.entries(malformed))(
    'refuses a transaction that is %s, and writes nothing',
    async (_, what) => {
      const daybook = open(newFile())
      await refusal(daybook.journal.append(what as Transaction), InvalidTransactionError)
      expect((await daybook.head()).seq).toBe(1)
      // And the log goes on.
      await daybook.journal.append(sound)
      const rows = rowsOf(daybook)
      await rows.preload()
      expect([...rows.keys()]).toEqual([1])
      expect((await daybook.verify()).findings).toEqual([])
    },
  )

  it.each<[string, object]>([
    ['an array as its value', body(['put', 'rows', 1, [1, 2]])],
    ['no ops', { ...sound, parts: ['[]'] }],
    ['many parts', { ...sound, parts: ['[]', '[["put","rows",1,{"id":1}]]', '[]'] }],
    ['white space', { ...sound, parts: ['\n [ ["put", "rows", 1, {"id": 1}] ]\t'] }],
    ['escaped lone surrogates', { ...sound, parts: ['[["put","rows",1,{"id":1,"x":"\\ud800"}]]'] }],
    ['a repeated name', { ...sound, parts: ['[["put","rows",1,{"id":1,"id":2}]]'] }],
    ['an own __proto__', { ...sound, parts: ['[["put","rows",1,{"__proto__":{"a":1}}]]'] }],
    [
      'a very deep value',
      { ...sound, parts: [`[["put","rows",1,{"x":${'['.repeat(3000)}${']'.repeat(3000)}}]]`] },
    ],
    ['notes that do not fit', body(['put', 'rows', 1, { id: 1 }, [['Date', 'x']]])],
    ['notes that are no notes', body(['put', 'rows', 1, { id: 1 }, [5, null, []]])],
  ])('with %s refuses it with a typed error, or keeps the log sound', async (_, what) => {
    const file = newFile()
    const daybook = open(file)
    daybook.on('error', () => undefined)
    const rows = rowsOf(daybook)
    await rows.preload()
    await daybook.journal.append(what as Transaction).catch((error: unknown) => {
      expect(error).toBeInstanceOf(DaybookError)
    })
    await daybook.write([{ op: 'put', collection: 'rows', key: 2, value: { id: 2 } }])
    expect(rows.has(2)).toBe(true)
    expect((await daybook.verify()).findings).toEqual([])
    await daybook.close()

    const again = open(file)
    again.on('error', () => undefined)
    const reopened = rowsOf(again)
    await reopened.preload()
    expect(reopened.has(2)).toBe(true)
    expect([...reopened.keys()].sort()).toEqual([...rows.keys()].sort())
    await again.rebuild()
    expect((await again.verify()).findings).toEqual([])
  })
})

describe('daybook.write', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a text', 'put'],
    ['an op', { op: 'delete', collection: 'rows', key: 1 }],
    ['ops that are null', [null]],
    ['an op that there is not', [{ op: 'upsert', collection: 'rows', key: 1, value: {} }]],
    ['an op without a collection', [{ op: 'put', key: 1, value: {} }]],
    ['a put without a value', [{ op: 'put', collection: 'rows', key: 1 }]],
    ['a put of a primitive', [{ op: 'put', collection: 'rows', key: 1, value: 5 }]],
    ['a put of null', [{ op: 'put', collection: 'rows', key: 1, value: null }]],
    ['a patch without fields', [{ op: 'patch', collection: 'rows', key: 1 }]],
    [
      'a patch with an unset that is no list',
      [{ op: 'patch', collection: 'rows', key: 1, fields: {}, unset: 'x' }],
    ],
    ['a put of a Date', [{ op: 'put', collection: 'rows', key: 1, value: new Date(0) }]],
    ['a put of a Map', [{ op: 'put', collection: 'rows', key: 1, value: new Map([[1, 2]]) }]],
  ])('refuses %s with a typed error, and writes nothing', async (_, ops) => {
    const daybook = open(newFile())
    await refusal(daybook.write(ops as never), DaybookError)
    expect((await daybook.head()).seq).toBe(1)
    await rowsOf(daybook).insert({ id: 1 }).isPersisted.promise
    expect((await daybook.verify()).findings).toEqual([])
  })

  it('refuses a value that cannot be kept, and names where', async () => {
    const daybook = open(newFile())
    const written = daybook.write([
      { op: 'put', collection: 'rows', key: 1, value: { ok: true } },
      { op: 'put', collection: 'rows', key: 2, value: { list: [1, { run: () => 1 }] } },
    ])
    const error = await refusal(written, UnkeepableValueError)
    expect(error.path).toEqual(['list', 1, 'run'])
    expect((await daybook.head()).seq).toBe(1)
  })
})
