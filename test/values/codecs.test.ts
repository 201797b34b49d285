import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { InvalidOptionError, MissingCodecError, UnkeepableValueError } from '../../src/errors.js'
import { AS_STORED, codecsOf, type ValueCodec } from '../../src/values/codecs.js'
import { isPlainObject } from '../../src/values/type.js'
import { decodeValue, type Encoded, encodeValue } from '../../src/values/value.js'
import { check, fc } from '../support/fc.js'

/** Has nothing but a private field, as many classes have. */
class Moment {
  readonly #at: Date
  constructor(at: Date) {
    this.#at = at
  }
  get at(): Date {
    return this.#at
  }
}

/** A value with a value, of which either may be of any kind. */
class Pair {
  constructor(
    readonly left: unknown,
    readonly right: unknown,
  ) {}
}

class Tags extends Set<string> {}

const decimals: ValueCodec<Decimal, string> = {
  name: 'decimal',
  test: (value) => Decimal.isDecimal(value),
  encode: (value) => value.toString(),
  decode: (stored) => new Decimal(stored),
}
const moments: ValueCodec<Moment, Date> = {
  name: 'moment',
  test: (value) => value instanceof Moment,
  encode: ({ at }) => at,
  decode: (at) => new Moment(at),
}
const pairs: ValueCodec<Pair, unknown[]> = {
  name: 'a pair, "quoted"',
  test: (value) => value instanceof Pair,
  encode: ({ left, right }) => [left, right],
  decode: ([left, right]) => new Pair(left, right),
}
const tags: ValueCodec<Tags, Set<string>> = {
  name: 'Set',
  test: (value) => value instanceof Tags,
  encode: (value) => new Set(value),
  decode: (value) => new Tags(value),
}
const codecs = codecsOf([decimals, moments, pairs, tags])

const throughTheFile = ({ json, notes }: Encoded, by = codecs): unknown =>
  decodeValue(JSON.parse(JSON.stringify(json)), notes && JSON.parse(JSON.stringify(notes)), by)

const keep = (value: unknown): unknown => throughTheFile(encodeValue(value, codecs))

describe('what codecs keep', () => {
  test('is stored as the codec says, so that SQL sees it, and the note says which codec', () => {
    expect(encodeValue({ price: new Decimal('12.50') }, codecs)).toEqual({
      json: { price: '12.5' },
      notes: [['codec:decimal', 'price']],
    })
  })

  test('is stored in an array where JSON has no form for what the codec says', () => {
    // Two notes at one place would make a Date of it for SQL.
    expect(encodeValue({ due: new Moment(new Date(0)) }, codecs)).toEqual({
      json: { due: ['1970-01-01T00:00:00.000Z'] },
      notes: [
        ['Date', 'due', 0],
        ['codec[]:moment', 'due'],
      ],
    })
    expect((keep({ due: new Moment(new Date(0)) }) as { due: Moment }).due.at).toEqual(new Date(0))
  })

  test('may be called like a type of the language, which is another one', () => {
    const kept = keep([new Tags(['a']), new Set(['a'])]) as unknown[]
    expect(kept[0]).toBeInstanceOf(Tags)
    expect(kept[1]).not.toBeInstanceOf(Tags)
  })

  test('may hold values of other codecs, and of the same one', () => {
    const value = new Pair(new Pair(new Decimal(1), new Date(0)), new Map([[new Decimal(2), undefined]]))
    expect(keep({ value })).toEqual({ value })
  })

  test('is any tree of plain values, values of the language and instances', async () => {
    const leaf = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(undefined, Number.NaN, -0, new Date(5), 5n, new Set(['a']), /a/g),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => new Decimal(number)),
      fc.date({ noInvalidDate: true }).map((date) => new Moment(date)),
      fc.array(fc.string()).map((texts) => new Tags(texts)),
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4 }),
        fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => new Pair(left, right)),
        fc.array(tie('tree'), { maxLength: 3 }).map((values) => new Set(values)),
        fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((entries) => new Map(entries)),
      ),
    }))
    await check(
      fc.property(tree, (value) => {
        const kept = keep(value)
        expect(shownFor(kept)).toEqual(shownFor(value))
        // The same value gives the same text, so that nothing is written anew for nothing.
        expect(encodeValue(kept, codecs)).toEqual(encodeValue(value, codecs))
      }),
      2000,
    )
  })

  test('is looked at as it is stored where there is no codec', () => {
    const { json, notes } = encodeValue({ price: new Decimal(1), due: new Moment(new Date(0)) }, codecs)
    expect(throughTheFile({ json, notes }, AS_STORED)).toEqual({ price: '1', due: new Date(0) })
  })

  test('is asked for before the types of the language, and not for plain objects and arrays', () => {
    const asked: unknown[] = []
    const curious = codecsOf([{ ...decimals, test: (value: unknown) => asked.push(value) < 0 }])
    const date = new Date(0)
    encodeValue({ a: [1, { b: null }], date, text: 'x', big: 5n }, curious)
    expect(asked).toEqual([date])
  })
})

describe('a missing codec', () => {
  test('is an error that names it', () => {
    const encoded = encodeValue({ list: [new Decimal(1)] }, codecs)
    for (const by of [codecsOf([moments]), codecsOf([])]) {
      expect(() => throughTheFile(encoded, by)).toThrow(MissingCodecError)
      expect(() => throughTheFile(encoded, by)).toThrow(expect.objectContaining({ codec: 'decimal' }))
    }
  })
})

describe('a codec', () => {
  const only = (codec: Partial<ValueCodec>) => codecsOf([{ ...decimals, ...codec } as ValueCodec])
  const refusal = (codec: Partial<ValueCodec>): UnkeepableValueError => {
    try {
      encodeValue({ a: [new Decimal(1)] }, only(codec))
    } catch (error) {
      expect(error).toBeInstanceOf(UnkeepableValueError)
      return error as UnkeepableValueError
    }
    return expect.unreachable('it was kept')
  }

  test.each<[string, (value: unknown) => unknown]>([
    ['the value itself', (value) => value],
    ['another instance', (value) => (value as Decimal).plus(1)],
  ])('that makes of a value %s is refused, for it would go on without end', (_, encode) => {
    const error = refusal({ encode })
    expect(error.path).toEqual(['a', 0])
    expect(error.reason).toMatch(/without end/)
  })

  test('that takes what another one makes of its values is refused as well', () => {
    const ping = { ...decimals, name: 'ping', encode: () => new Pair(1, 2) }
    const pong = { ...pairs, name: 'pong', encode: () => new Decimal(1) }
    expect(() => encodeValue([new Decimal(1)], codecsOf([ping, pong] as ValueCodec[]))).toThrow(/without end/)
  })

  test('that nests without end is refused by the depth', () => {
    expect(refusal({ encode: () => ({ again: new Decimal(1) }) }).reason).toMatch(/nested deeper/)
    expect(refusal({ encode: () => [new Decimal(1), new Decimal(1)] }).reason).toMatch(/nested deeper/)
  })

  test('that fails is named, with its error as the cause', () => {
    const cause = new Error('no idea')
    const error = refusal({
      encode: () => {
        throw cause
      },
    })
    expect(error).toMatchObject({ path: ['a', 0], cause })
    expect(error.reason).toMatch(/"decimal".*no idea/)
  })

  test('that makes what cannot be kept is refused at the place', () => {
    expect(refusal({ encode: () => () => 1 })).toMatchObject({ path: ['a', 0] })
    expect(refusal({ encode: async () => 1 }).reason).toMatch(/Promise/)
  })
})

describe('the option', () => {
  test.each<[string, unknown]>([
    ['is no array', {}],
    ['has something else than a codec', [null]],
    ['has a codec without a name', [{ ...decimals, name: undefined }]],
    ['has an empty name', [{ ...decimals, name: '' }]],
    ['has a name that is no text', [{ ...decimals, name: 1 }]],
    ['has a name without end', [{ ...decimals, name: 'x'.repeat(101) }]],
    ['has a name twice', [decimals, { ...moments, name: 'decimal' }]],
    ['has a codec without test', [{ ...decimals, test: undefined }]],
    ['has a codec without encode', [{ ...decimals, encode: undefined }]],
    ['has a codec whose decode is no function', [{ ...decimals, decode: 'x' }]],
    ['has a codec with a member that there is not', [{ ...decimals, decod: () => 1 }]],
  ])('that %s is refused', (_, option) => {
    expect(() => codecsOf(option as ValueCodec[])).toThrow(InvalidOptionError)
  })
})

/** A value with its instances as what can be compared. */
const shownFor = (value: unknown): unknown => {
  if (value instanceof Moment) return { moment: value.at }
  if (value instanceof Pair) return { pair: [shownFor(value.left), shownFor(value.right)] }
  if (Decimal.isDecimal(value)) return { decimal: (value as Decimal).toString() }
  if (value instanceof Tags) return { tags: [...value] }
  if (Array.isArray(value)) return value.map(shownFor)
  if (value instanceof Map)
    return { map: Array.from(value, ([key, each]) => [shownFor(key), shownFor(each)]) }
  if (value instanceof Set) return { set: Array.from(value, shownFor) }
  if (typeof value === 'object' && value !== null && isPlainObject(value)) {
    return { object: Object.entries(value).map(([name, each]) => [name, shownFor(each)]) }
  }
  return value
}
