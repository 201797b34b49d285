import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill/full'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { InvalidKeyError, UnkeepableValueError, UnreadableValueError } from '../../src/errors.js'
import { fromBase64, toBase64 } from '../../src/values/base64.js'
import { checkKey } from '../../src/values/check-key.js'
import { decodeKey } from '../../src/values/decode-key.js'
import { encodeKey } from '../../src/values/key.js'
import { decodeValue, type Encoded, encodeValue, type Json } from '../../src/values/value.js'

const runtime = globalThis as unknown as Record<string, unknown>

describe('properties', () => {
  test('a value comes back through the file as structuredClone gives it', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        expect(difference(keep(value), structuredClone(value))).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  test('any value whatsoever comes back or is refused, and is not changed', () => {
    fc.assert(
      fc.property(whatsoever, (value) => {
        const before = inspect(value, WHOLE)
        const encoded = encodeOrRefuse(value)
        expect(inspect(value, WHOLE)).toBe(before)
        if (encoded === undefined) return
        const expected = cloneOrNothing(value)
        if (expected !== undefined)
          expect(difference(throughTheFile(encoded), expected.clone)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  test('plain JSON is not copied', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        fc.pre(!inspect(json, WHOLE).includes('-0'))
        const encoded = encodeValue(json)
        expect(encoded.json).toBe(json)
        expect(encoded.notes).toBeUndefined()
        expect(difference(keep(json), json)).toBeUndefined()
      }),
    )
  })

  test('JSON and notes of any kind are read or refused, and no prototype changes', () => {
    const before = describePrototypes()
    fc.assert(
      fc.property(fc.oneof(randomNotes, tamperedNotes), ([json, notes]) => {
        try {
          decodeValue(json, notes as Encoded['notes'])
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableValueError)
        }
      }),
      { numRuns: 5000 },
    )
    expect(describePrototypes()).toEqual(before)
  })

  test('nor is an object without a prototype', () => {
    const value = Object.assign(Object.create(null), { list: [] })
    expect(encodeValue(value).json).toBe(value)
  })

  test('an array of a subclass is an array', () => {
    expect(encodeValue({ list: new (class extends Array {})() })).toEqual({
      json: { list: [] },
      notes: undefined,
    })
  })

  test('keys come back with their type, and different keys have different texts', () => {
    const key = fc.oneof(anyText, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
    fc.assert(
      fc.property(key, key, (one, other) => {
        expect(decodeKey(encodeKey(checkKey('c', one)))).toBe(Object.is(one, -0) ? 0 : one)
        expect(encodeKey(checkKey('c', one)) === encodeKey(checkKey('c', other))).toBe(one === other)
        expect(encodeKey(checkKey('c', one))).not.toMatch(/[\0\p{Surrogate}]/u)
      }),
    )
  })

  test('base64 is the one that everybody writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
        expect(fromBase64(toBase64(bytes))).toEqual(bytes)
      }),
    )
  })
})

describe('what is stored', () => {
  const invalid = new Date(Number.NaN)

  test.each<[what: string, value: unknown, json: Json, notes: Encoded['notes']]>([
    ['JSON', { a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }, undefined],
    ['undefined', undefined, null, [['undefined']]],
    ['an undefined field', { a: undefined, b: 1 }, { a: null, b: 1 }, [['undefined', 'a']]],
    ['undefined in an array', [undefined], [null], [['undefined', 0]]],
    ['-0', { n: -0 }, { n: 0 }, [['-0', 'n']]],
    ['NaN', { n: Number.NaN }, { n: null }, [['NaN', 'n']]],
    ['Infinity', [Number.POSITIVE_INFINITY], [null], [['Infinity', 0]]],
    ['-Infinity', [Number.NEGATIVE_INFINITY], [null], [['-Infinity', 0]]],
    ['a bigint', { n: -(2n ** 80n) }, { n: '-1208925819614629174706176' }, [['bigint', 'n']]],
    ['a Date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }, [['Date', 'at']]],
    ['an invalid Date', { at: invalid }, { at: null }, [['Date', 'at']]],
    ['a far Date', [new Date(8.64e15)], ['+275760-09-13T00:00:00.000Z'], [['Date', 0]]],
    ['a Map', new Map([['a', 1]]), [['a', 1]], [['Map']]],
    ['a Map in a Map', new Map([[new Map(), 1n]]), [[[], '1']], [['Map', 0, 0], ['bigint', 0, 1], ['Map']]],
    ['a Set', { s: new Set([1, 'a']) }, { s: [1, 'a'] }, [['Set', 's']]],
    ['a RegExp', { r: /a\/b/gi }, { r: '/a\\/b/gi' }, [['RegExp', 'r']]],
    ['a URL', { u: new URL('http://a/b?c#d') }, { u: 'http://a/b?c#d' }, [['URL', 'u']]],
    ['bytes', new Uint8Array([1, 2, 3]), 'AQID', [['Uint8Array']]],
    ['an ArrayBuffer', new Uint8Array([255]).buffer, '/w==', [['ArrayBuffer']]],
    ['a DataView', new DataView(new ArrayBuffer(1)), 'AA==', [['DataView']]],
    ['a hole', holey(), { 0: 1, 2: 3, length: 3 }, [['Array']]],
    ['a boxed number', Object(-0), 0, [['-0'], ['Number']]],
    ['a boxed string', Object('a'), 'a', [['String']]],
    ['a boxed boolean', Object(false), false, [['Boolean']]],
    ['a boxed bigint', Object(1n), '1', [['bigint'], ['BigInt']]],
  ])('%s', (_, value, json, notes) => {
    expect(encodeValue(value)).toEqual({ json, notes })
    expect(difference(keep(value), value)).toBeUndefined()
  })

  test('a match keeps its index, input and groups', () => {
    const match = /b(?<rest>.)/.exec('abc')
    expect(encodeValue(match).json).toMatchObject({ 0: 'bc', 1: 'c', length: 2, index: 1, input: 'abc' })
    expect(difference(keep(match), structuredClone(match))).toBeUndefined()
  })

  test('an array with as many properties as holes', () => {
    const array = Object.assign(holey(), { extra: undefined })
    expect(Object.keys(array)).toHaveLength(array.length)
    expect(difference(keep(array), array)).toBeUndefined()
  })

  test('an array as long as allowed needs no room for its holes', () => {
    const array: unknown[] = []
    array[9_999_999] = 'end'
    expect(encodeValue(array).json).toEqual({ 9999999: 'end', length: 10_000_000 })
    expect(difference(keep(array), array)).toBeUndefined()
  })

  test('own fields called __proto__, constructor, toJSON and length', () => {
    const value = JSON.parse('{"__proto__":{"x":1},"constructor":2,"toJSON":3,"length":4,"hasOwnProperty":5}')
    value.due = new Date(0)
    const kept = keep(value) as object
    expect(difference(kept, value)).toBeUndefined()
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
    const array = Object.defineProperty([1], '__proto__', { value: 2n, enumerable: true })
    expect(difference(keep(array), array)).toBeUndefined()
  })

  test('a plain object is one of any realm, with or without a prototype, and symbols are not kept', () => {
    expect(
      difference(keep(runInNewContext('({ a: 1, b: [new Date(0)] })')), { a: 1, b: [new Date(0)] }),
    ).toBeUndefined()
    expect(difference(keep(Object.assign(Object.create(null), { a: 1 })), { a: 1 })).toBeUndefined()
    const money = { [Symbol('private')]: 1, amount: 1 }
    expect(difference(keep(money), { amount: 1 })).toBeUndefined()
  })

  test('toJSON is never called, wherever it is', () => {
    const hidden = Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'not asked' })
    expect(keep({ hidden })).toEqual({ hidden: { a: 1 } })
    class Rows extends Array {
      toJSON() {
        return 'not asked'
      }
    }
    expect(difference(keep(Rows.of(1, 2)), [1, 2])).toBeUndefined()
  })

  test('subclasses of what the language has come back as what they extend', () => {
    class Dates extends Map<string, Date> {
      override get [Symbol.toStringTag]() {
        return 'Dates'
      }
    }
    const dates = new Dates([['a', new Date(0)]])
    expect(difference(keep(dates), new Map([['a', new Date(0)]]))).toBeUndefined()
    expect(difference(keep(Buffer.from('abc')), new Uint8Array([97, 98, 99]))).toBeUndefined()
  })

  test('a view keeps its own bytes', () => {
    const view = new Uint16Array(new Uint16Array([1, 2, 3, 4]).buffer, 2, 2)
    const kept = keep(view) as Uint16Array
    expect([...kept]).toEqual([2, 3])
    expect(kept.buffer.byteLength).toBe(4)
  })

  test.each(viewNames())('every element of a %s', (name) => {
    const View = runtime[name] as new (buffer: ArrayBuffer) => ArrayBufferView
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    expect(difference(keep(new View(bytes.buffer)), new View(bytes.buffer))).toBeUndefined()
  })

  test('ten megabytes', () => {
    const bytes = Uint8Array.from({ length: 10_000_000 }, (_, index) => index * 7)
    expect(Buffer.compare(keep(bytes) as Uint8Array, bytes)).toBe(0)
  })

  test('the same object in two places becomes two equal objects', () => {
    const shared = { at: new Date(0) }
    const kept = keep({ a: shared, b: [shared, new Map([[shared, shared]])] }) as { a: object; b: object[] }
    expect(difference(kept, { a: shared, b: [shared, new Map([[shared, shared]])] })).toBeUndefined()
    expect(kept.a).not.toBe(kept.b[0])
  })

  test('lone surrogates and NUL, in values and names', () => {
    const value = { '\ud800\0': ['\udc00', 1n], '\0': '\ud83d' }
    expect(difference(keep(value), value)).toBeUndefined()
    expect(JSON.stringify(encodeValue(value).json)).not.toContain('\0')
  })

  test('objects of another realm', () => {
    const value = runInNewContext(`({
      date: new Date(5), map: new Map([[1, new Set([2n])]]), regExp: /a/g, list: [1, undefined],
      bytes: new Uint8Array([1]), buffer: new ArrayBuffer(2), boxed: Object(1), plain: {a: 1},
    })`)
    expect(difference(keep(value), structuredClone(value))).toBeUndefined()
    const error = runInNewContext(`new TypeError('no')`) as Error
    const kept = keep(error) as Error
    expect(kept).toBeInstanceOf(TypeError)
    expect([kept.message, kept.stack]).toEqual(['no', error.stack])
  })

  test('a URL that is not of the global class', () => {
    class OtherUrl {
      readonly href = 'http://a/'
      readonly [Symbol.toStringTag] = 'URL'
    }
    expect(keep(new OtherUrl())).toEqual(new URL('http://a/'))
  })
})

describe('errors', () => {
  const standard = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]

  test.each(standard.map((each) => [each.name, each] as const))('%s', (_, Standard) => {
    const error = new Standard('no', { cause: { at: new Date(0), why: undefined } })
    expect(difference(keep(error), error)).toBeUndefined()
    expect(encodeValue(error).json).toMatchObject({ name: error.name, message: 'no' })
  })

  test('without a message, cause or stack', () => {
    const error = new Error()
    delete error.stack
    const kept = keep(error) as Error
    expect(['message', 'cause'].filter((name) => Object.hasOwn(kept, name))).toEqual([])
    expect(kept.stack).toBeUndefined()
  })

  test('AggregateError keeps its errors', () => {
    const error = new AggregateError([new TypeError('a'), 1n], 'both')
    const kept = keep(error) as AggregateError
    expect(kept).toBeInstanceOf(AggregateError)
    expect(difference(kept, error)).toBeUndefined()
  })

  test('an error of the app is an Error with its name', () => {
    class PaymentError extends Error {
      override name = 'PaymentError'
      code = 'NOT_KEPT'
    }
    const error = new PaymentError('declined')
    const kept = keep(error) as Error
    expect(Object.getPrototypeOf(kept)).toBe(Error.prototype)
    expect([kept.name, kept.message, kept.stack]).toEqual(['PaymentError', 'declined', error.stack])
    expect(Object.keys(kept)).toEqual([])
  })

  test('a DOMException is an Error with its name', () => {
    const kept = keep(new DOMException('stopped', 'AbortError')) as Error
    expect([kept.name, kept.message]).toEqual(['AbortError', 'stopped'])
  })
})

describe('refusals', () => {
  const cycle: Record<string, unknown> = { a: [{}] }
  ;(cycle.a as Record<string, unknown>[])[0]!.b = cycle
  const mapCycle = new Map<string, unknown>()
  mapCycle.set('self', [mapCycle])
  const failing = {
    get field() {
      throw new Error('out of order')
    },
  }
  const strange = {
    get field() {
      throw Object.create(null)
    },
  }
  const cause = new Error('outer', { cause: { fn() {} } })
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const detached = new ArrayBuffer(8)
  structuredClone(detached, { transfer: [detached] })
  const long: unknown[] = []
  long.length = 10_000_001

  class Point {
    x = 1
    #y = 2
    get y() {
      return this.#y
    }
    toJSON() {
      return 'not asked'
    }
  }
  class Tagged {
    amount = 1
    readonly [Symbol.toStringTag] = 'Money'
  }
  const foreign = runInNewContext('class Point { x = 1 }; new Point()')

  test.each<[what: string, value: unknown, path: (string | number)[], reason: RegExp]>([
    ['an instance of a class', { a: [new Point()] }, ['a', 0], /an instance of Point, .* codec/],
    ['an instance as the whole value', new Point(), [], /an instance of Point/],
    ['an instance of a class without a name', [new (class {})()], [0], /an object with a prototype/],
    ['an instance with a tag', { m: new Tagged() }, ['m'], /a Money/],
    ['an instance in a Map', new Map([['k', new Point()]]), [0, 1], /an instance of Point/],
    ['an instance of another realm', { p: foreign }, ['p'], /an instance of Point/],
    ['an object that inherits fields', { o: Object.create({ a: 1 }) }, ['o'], /an object with a prototype/],
    ['a function', { a: [1, () => 1] }, ['a', 1], /function/],
    ['a method', { a() {} }, ['a'], /function/],
    ['a class', class {}, [], /function/],
    ['a symbol', new Map([['k', Symbol('s')]]), [0, 1], /symbol/],
    ['a boxed symbol', { s: Object(Symbol('s')) }, ['s'], /Symbol/],
    ['a cycle', cycle, ['a', 0, 'b'], /contains itself/],
    ['a cycle through a Map', mapCycle, [0, 1, 0], /contains itself/],
    ['a function in the cause of an error', { error: cause }, ['error', 'cause', 'fn'], /function/],
    ['a function as a property of an array', Object.assign([1], { f() {} }), ['f'], /function/],
    ['a promise', { p: Promise.resolve() }, ['p'], /Promise/],
    ['a promise with a field', { p: Object.assign(Promise.resolve(), { id: 1 }) }, ['p'], /Promise/],
    ['a WeakMap', [new WeakMap()], [0], /WeakMap/],
    ['a WeakSet', [new WeakSet()], [0], /WeakSet/],
    ['a WeakRef', [new WeakRef({})], [0], /WeakRef/],
    ['a Blob', { b: new Blob([]) }, ['b'], /Blob/],
    ['a SharedArrayBuffer', { b: new SharedArrayBuffer(1) }, ['b'], /SharedArrayBuffer/],
    ['a view of one', { b: new Uint8Array(new SharedArrayBuffer(1)) }, ['b'], /SharedArrayBuffer/],
    ['a detached ArrayBuffer', { b: detached }, ['b'], /detached/],
    ['a generator', { g: (function* () {})() }, ['g'], /Generator/],
    ['Headers', { h: new Headers({ a: '1' }) }, ['h'], /Headers/],
    ['a number format', [new Intl.NumberFormat()], [0], /Intl.NumberFormat/],
    ['a getter that throws', { a: [failing] }, ['a', 0, 'field'], /reading it failed \(out of order\)/],
    ['a getter that throws something strange', strange, ['field'], /reading it failed/],
    ['a revoked proxy', { p: revoked.proxy }, ['p'], /revoked/],
    ['a proxy of a Map', { p: new Proxy(new Map(), {}) }, ['p'], /Map/],
    ['a proxy of a Date', { p: new Proxy(new Date(), {}) }, ['p'], /Date/],
    ['a proxy of an ArrayBuffer', { p: new Proxy(new ArrayBuffer(1), {}) }, ['p'], /ArrayBuffer/],
    [
      'a proxy of one that hides it',
      [new Proxy(new ArrayBuffer(1), { has: () => false })],
      [0],
      /ArrayBuffer/,
    ],
    ['a proxy of bytes', { p: new Proxy(new Uint8Array(1), {}) }, ['p'], /Uint8Array/],
    ['what is made to look like a Set', [Object.create(Set.prototype)], [0], /Set/],
    ['an array with too many holes', { l: long }, ['l'], /longer than 10000000/],
    ['too long a text', { t: ['x'.repeat(2 ** 26)] }, ['t', 0], /characters/],
  ])('%s', (_, value, path, reason) => {
    const error = refusal(value)
    expect(error.path).toEqual(path)
    expect(error.reason).toMatch(reason)
  })

  test('a view that can be resized', () => {
    type Resizable = new (length: number, options: { maxByteLength: number }) => ArrayBuffer
    const buffer = new (ArrayBuffer as unknown as Resizable)(1, { maxByteLength: 2 })
    expect(refusal([buffer]).path).toEqual([0])
  })

  test('nesting deeper than 500, in JSON as it is stored', () => {
    const nest = (levels: number, around: (inner: unknown) => unknown, inmost: unknown): unknown =>
      Array.from({ length: levels }).reduce((inner) => around(inner), inmost)
    for (const inmost of [1, 1n]) {
      const arrays = nest(500, (inner) => [inner], inmost)
      expect(difference(keep(arrays), arrays)).toBeUndefined()
      expect(refusal(nest(501, (inner) => [inner], inmost)).path).toHaveLength(500)
      const objects = nest(500, (a) => ({ a }), inmost)
      expect(difference(keep(objects), objects)).toBeUndefined()
      expect(refusal(nest(10_000, (a) => ({ a }), inmost)).reason).toMatch(/deeper than 500/)
    }
    const maps = nest(250, (inner) => new Map([[1, inner]]), undefined)
    expect(difference(keep(maps), maps)).toBeUndefined()
    expect(refusal(nest(251, (inner) => new Map([[1, inner]]), undefined)).reason).toMatch(/deeper than 500/)
  })

  test('a small value that would be an endless text', () => {
    let value: unknown = 'x'.repeat(2 ** 16)
    for (let level = 0; level < 100; level++) value = [value, value]
    expect(refusal(value).reason).toMatch(/characters/)
  })
})

describe('damaged or foreign notes', () => {
  test.each<[what: string, json: Json, notes: unknown, path: (string | number)[], reason: RegExp]>([
    ['an unknown type', { a: 1 }, [['Money', 'a']], ['a'], /does not know/],
    ['an inherited name as a type', { a: 1 }, [['constructor', 'a']], ['a'], /does not know/],
    ['a path to nowhere', { a: 1 }, [['Date', 'b']], ['b'], /nothing at this path/],
    ['a path through a text', { a: 'x' }, [['Date', 'a', 0]], ['a', 0], /nothing at this path/],
    [
      'a path to the prototype',
      {},
      [['undefined', '__proto__', 'x']],
      ['__proto__', 'x'],
      /nothing at this path/,
    ],
    ['a path to the length', [1], [['undefined', 'length']], ['length'], /nothing at this path/],
    ['a path past the end', [1], [['undefined', 1]], [1], /nothing at this path/],
    ['a parent before its child', [[1]], [['Set'], ['Set', 0]], [0], /nothing at this path/],
    [
      'the same note twice',
      { n: '1' },
      [
        ['bigint', 'n'],
        ['bigint', 'n'],
      ],
      ['n'],
      /text is expected/,
    ],
    ['a date that is none', { d: 'yesterday' }, [['Date', 'd']], ['d'], /ISO date/],
    ['a date that never was', ['2024-13-01T00:00:00.000Z'], [['Date', 0]], [0], /ISO date/],
    ['digits that are none', { n: '0x10' }, [['bigint', 'n']], ['n'], /digits/],
    ['a Map of no pairs', [[1]], [['Map']], [], /pairs/],
    ['a Set that is none', {}, [['Set']], [], /array/],
    ['undefined that is something', { a: 1 }, [['undefined', 'a']], ['a'], /null/],
    ['a RegExp of a newer language', { r: '/a/?' }, [['RegExp', 'r']], ['r'], /flags/],
    ['a URL that is none', { u: '::' }, [['URL', 'u']], ['u'], /URL/],
    ['base64 that is cut off', { b: 'AAA' }, [['Uint8Array', 'b']], ['b'], /./],
    ['base64 that is none', { b: 'AA*A' }, [['Uint8Array', 'b']], ['b'], /./],
    ['half an element', { b: 'AAAA' }, [['Float64Array', 'b']], ['b'], /multiple/],
    ['a boxed number that is a text', 'a', [['Number']], [], /Number/],
    ['an array that is too long', { length: 1e9 }, [['Array']], [], /length/],
    ['an array with more than its length', { length: 1, 5: 1 }, [['Array']], [], /length 1/],
    ['an error without a name', {}, [['Error']], [], /text/],
    ['notes that are no list', {}, 'Date', [], /list/],
    ['a note that is no list', {}, ['Date'], [], /type and a path/],
    ['a note with an object in its path', {}, [['Date', {}]], [], /type and a path/],
  ])('%s', (_, json, notes, path, reason) => {
    try {
      decodeValue(json, notes as Encoded['notes'])
    } catch (error) {
      expect(error).toBeInstanceOf(UnreadableValueError)
      expect((error as UnreadableValueError).path).toEqual(path)
      expect((error as UnreadableValueError).reason).toMatch(reason)
      return
    }
    expect.unreachable()
  })

  test('a type that this runtime does not have', () => {
    vi.stubGlobal('Float32Array', undefined)
    expect(() => decodeValue({ v: '' }, [['Float32Array', 'v']])).toThrow(/\$\.v .*no Float32Array/)
  })
})

describe('Temporal', () => {
  test('is refused by a runtime without it, in both directions', () => {
    vi.stubGlobal('Temporal', undefined)
    expect(() => decodeValue({ on: '2024-01-01' }, [['Temporal.PlainDate', 'on']])).toThrow(
      UnreadableValueError,
    )
    expect(() => decodeValue({ on: '2024-01-01' }, [['Temporal.PlainDate', 'on']])).toThrow(
      /\$\.on .*Temporal/,
    )
    class Instant {
      readonly [Symbol.toStringTag] = 'Temporal.Instant'
    }
    expect(refusal({ at: new Instant() }).path).toEqual(['at'])
  })

  test('comes from globalThis at the time of use, so a polyfill will do', () => {
    class PlainDate {
      constructor(readonly text: string) {}
      static from = (text: string) => new PlainDate(text)
      toString() {
        return this.text
      }
      get [Symbol.toStringTag]() {
        return 'Temporal.PlainDate'
      }
    }
    vi.stubGlobal('Temporal', { PlainDate })
    const value = { on: new PlainDate('2024-01-01') }
    expect(encodeValue(value)).toEqual({ json: { on: '2024-01-01' }, notes: [['Temporal.PlainDate', 'on']] })
    expect(difference(keep(value), value)).toBeUndefined()
  })

  // Node has it from version 26; until then the polyfill, which has the same classes.
  test.each([
    ['Instant', '2024-01-01T00:00:00.123456789Z'],
    ['PlainDate', '2024-01-01[u-ca=hebrew]'],
    ['PlainTime', '10:00:00.000000001'],
    ['PlainDateTime', '-271821-04-20T00:00:00'],
    ['PlainYearMonth', '2024-01'],
    ['PlainMonthDay', '02-29'],
    ['ZonedDateTime', '2024-10-27T02:30:00+01:00[Europe/Berlin]'],
    ['Duration', 'P1Y2M3W4DT5H6M7.008009010S'],
    ['Duration', 'PT0S'],
    ['Duration', { seconds: -1, milliseconds: -1500 }],
  ])('%s %j', (name, text) => {
    type Class = { from(item: unknown): { toString(): string } & Record<string, unknown> }
    if (runtime.Temporal === undefined) vi.stubGlobal('Temporal', Temporal)
    const value = (runtime.Temporal as Record<string, Class>)[name]!.from(text)
    const kept = (keep({ value }) as { value: typeof value }).value
    expect(Object.getPrototypeOf(kept)).toBe(Object.getPrototypeOf(value))
    expect(String(kept)).toBe(String(value))
    expect([kept.seconds, kept.milliseconds]).toEqual([value.seconds, value.milliseconds])
  })
})

describe('keys', () => {
  test('1 is not "1", and -0 is 0', () => {
    expect([
      encodeKey(checkKey('c', 1)),
      encodeKey(checkKey('c', '1')),
      encodeKey(checkKey('c', -0)),
    ]).toEqual(['1', '"1"', '0'])
  })

  test.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1n],
    [undefined],
    [null],
    [true],
    [Symbol('s')],
    [{}],
  ])('%s is not a key', (key) => {
    expect(() => checkKey('todos', key)).toThrow(InvalidKeyError)
  })

  test.each(['', '{', 'null', '1e999', '[1]'])('%j is not the text of a key', (text) => {
    expect(() => decodeKey(text)).toThrow(UnreadableValueError)
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

const WHOLE = {
  depth: Number.POSITIVE_INFINITY,
  maxArrayLength: null,
  maxStringLength: null,
  showHidden: true,
} as const

// Values

const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 })
  .map((units) => String.fromCharCode(...units))

const anyName = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 4 }) },
  anyText,
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toJSON',
    'length',
    'toString',
    'name',
    'cause',
    '0',
    '-1',
  ),
)

const leaf = fc.oneof(
  anyText,
  fc.double(),
  fc.constantFrom(undefined, null, true, false, -0),
  fc.bigInt(),
  fc.date(),
  fc.constantFrom(/a/g, /[/]\/\n/u, /(?<x>.)/dy).map((regExp) => new RegExp(regExp)),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => bytes.slice().buffer),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => new DataView(bytes.slice().buffer)),
  fc.bigInt64Array({ maxLength: 3 }),
  fc.bigUint64Array({ maxLength: 3 }),
  fc.float64Array({ maxLength: 3 }),
)

const anything = (overrides: fc.ObjectConstraints = {}) =>
  fc.anything({
    key: anyName,
    values: [leaf],
    maxDepth: 3,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
    ...overrides,
  })

const standardError = (value: unknown, index: number): Error => {
  const Standard = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError][index]!
  return index % 2 === 0 ? new Standard('no', { cause: value }) : new Standard()
}

/** Containers that fc.anything does not make. */
const inMore = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 4, arbitrary: value },
    fc.tuple(value, fc.nat(6)).map(([cause, index]) => standardError(cause, index)),
    fc
      .tuple(fc.array(value), anyName, value)
      .map(([array, name, extra]) => (name === 'length' ? array : defineOwn(array, name, extra))),
    fc.tuple(anyName, value).map(([name, field]) => defineOwn({}, name, field)),
    fc.tuple(value, value).map(([key, item]) => new Map([[key, { item, again: item }]])),
  )

const defineOwn = <T extends object>(target: T, name: string, value: unknown): T =>
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })

const cloneable = inMore(inMore(anything()))

const unkeepable = fc.constantFrom<() => unknown>(
  () => () => 1,
  () => Symbol('s'),
  () => Object(Symbol('s')),
  () => Promise.resolve(),
  () => new WeakMap(),
  () => new Proxy({ a: 1 }, {}),
  () => new Proxy([new Date()], {}),
  () => new Proxy(new Set(), {}),
  () => Object.create(Map.prototype),
  () => Object.create({ inherited: 1 }),
  () => ({
    get field() {
      throw new Error('out of order')
    },
  }),
  () => new Proxy({}, { ownKeys: () => ['a', 'a'] }),
  () => {
    const cycle: unknown[] = []
    cycle.push({ cycle })
    return cycle
  },
  () => Object.assign(Object.create({ toJSON: () => 1 }), { a: 1 }),
  () => new (class extends Date {})(0),
  () => new (class extends Array {})(2),
)

const whatsoever = inMore(
  inMore(anything({ values: [leaf, unkeepable.map((make) => make())], withObjectString: false })),
)

// Notes

const someType = fc.constantFrom(
  ...[
    'undefined',
    'NaN',
    '-0',
    'Infinity',
    'bigint',
    'Date',
    'Map',
    'Set',
    'RegExp',
    'URL',
    'Error',
    'Array',
    'Number',
  ],
  ...[
    'String',
    'BigInt',
    'ArrayBuffer',
    'DataView',
    'Uint8Array',
    'Float64Array',
    'Temporal.Instant',
    '__proto__',
    'x',
  ],
)

const step = fc.oneof(anyName, fc.nat(3), fc.double())

const randomNotes: fc.Arbitrary<[Json, unknown]> = fc.tuple(
  fc.oneof(
    fc.jsonValue() as fc.Arbitrary<Json>,
    fc
      .string()
      .map((text) => JSON.parse(`{"__proto__":{"a":${JSON.stringify(text)}},"length":3,"name":"Error"}`)),
  ),
  fc.oneof(
    fc.array(
      fc.tuple(someType, fc.array(step, { maxLength: 3 })).map(([type, path]) => [type, ...path]),
      { maxLength: 4 },
    ),
    fc.anything(),
  ),
)

/** Notes that fit nearly: those of a value, in another order, doubled, of another type, or with a part of another value. */
const tamperedNotes: fc.Arbitrary<[Json, unknown]> = fc
  .tuple(anything(), anything(), fc.infiniteStream(fc.nat(5)), someType)
  .map(([value, other, dice, type]) => {
    const encoded = encodeValue(value)
    const notes = (encoded.notes ?? []).flatMap((note): unknown[] => {
      const side = dice.next().value
      if (side === 0) return []
      if (side === 1) return [note, note]
      if (side === 2) return [[type, ...note.slice(1)]]
      if (side === 3) return [[note[0], ...note.slice(2)]]
      return [note]
    })
    if (dice.next().value === 0) notes.reverse()
    const json = dice.next().value === 0 ? encodeValue({ '': other, a: other }).json : encoded.json
    return [JSON.parse(JSON.stringify(json)), notes]
  })

// Helpers

const throughTheFile = ({ json, notes }: Encoded): unknown =>
  decodeValue(JSON.parse(JSON.stringify(json)), notes && JSON.parse(JSON.stringify(notes)))

const keep = (value: unknown): unknown => throughTheFile(encodeValue(value))

const refusal = (value: unknown): UnkeepableValueError => {
  try {
    encodeValue(value)
  } catch (error) {
    expect(error).toBeInstanceOf(UnkeepableValueError)
    return error as UnkeepableValueError
  }
  return expect.unreachable('it was kept')
}

const encodeOrRefuse = (value: unknown): Encoded | undefined => {
  try {
    return encodeValue(value)
  } catch (error) {
    expect(error).toBeInstanceOf(UnkeepableValueError)
    return undefined
  }
}

const cloneOrNothing = (value: unknown): { clone: unknown } | undefined => {
  try {
    return { clone: structuredClone(value) }
  } catch {
    return undefined // A Proxy: structuredClone takes none, we take one of a plain object.
  }
}

const describePrototypes = () =>
  [Object, Array, Function, Error, Map, Set, Date].map((each) => Reflect.ownKeys(each.prototype))

/** `[1, , 3]`, which Biome takes for a slip. */
function holey(): unknown[] {
  const array: unknown[] = [1]
  array[2] = 3
  return array
}

function viewNames(): string[] {
  const names = 'Int8 Uint8 Uint8Clamped Int16 Uint16 Int32 Uint32 BigInt64 BigUint64 Float16 Float32 Float64'
  return names
    .split(' ')
    .map((name) => `${name}Array`)
    .filter((name) => name in globalThis)
}

/** Where two values differ in anything that a program could see, or undefined. Symbol keys are left aside. */
const difference = (a: unknown, b: unknown, path: readonly unknown[] = []): string | undefined => {
  const here = (what: string): string => `${what} at ${inspect(path)}: ${inspect(a)} / ${inspect(b)}`
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Object.is(a, b) ? undefined : here('value')
  }
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return here('prototype')
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return here('kind')
  const names = Object.keys(a)
  if (!isError(a) && inspect(names) !== inspect(Object.keys(b))) return here('names or their order')
  const [partsOfA, partsOfB] = [parts(a), parts(b)]
  if (partsOfA.length !== partsOfB.length) return here('size')
  for (let index = 0; index < partsOfA.length; index++) {
    const found = difference(partsOfA[index], partsOfB[index], [...path, names[index] ?? index])
    if (found !== undefined) return found
  }
  return undefined
}

const isError = (value: object): value is Error => value instanceof Error

const parts = (value: object): unknown[] => {
  if (value instanceof Map) return [...value].flat(1)
  if (value instanceof Set) return [...value]
  if (value instanceof Date) return [value.getTime()]
  if (value instanceof RegExp) return [value.source, value.flags, value.lastIndex]
  if (value instanceof URL) return [value.href]
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)]
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]
  if (isError(value)) {
    const own = ['message', 'cause', 'errors'].map((name) => Object.hasOwn(value, name))
    return [value.name, value.message, value.stack, value.cause, (value as AggregateError).errors, ...own]
  }
  const unboxed: unknown = value.valueOf === Object.prototype.valueOf ? undefined : unbox(value)
  const length = Array.isArray(value) ? [value.length] : []
  return [...Object.keys(value).map((name) => (value as Record<string, unknown>)[name]), unboxed, ...length]
}

const unbox = (value: object): unknown =>
  [Number, String, Boolean, BigInt].some((each) => value instanceof each) ? value.valueOf() : undefined
