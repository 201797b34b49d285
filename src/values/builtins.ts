import { list, tagOf, text, type ValueType, WrongValue } from './type.js'

const dateType: ValueType<Date> = {
  name: 'Date',
  encode: (value) => {
    const time = Date.prototype.getTime.call(value)
    return Number.isNaN(time) ? null : Date.prototype.toISOString.call(value)
  },
  decode(json) {
    if (json === null) return new Date(Number.NaN)
    const date = new Date(text(json))
    if (!ISO_DATE.test(text(json)) || Number.isNaN(date.getTime())) {
      throw new WrongValue('an ISO date is expected here')
    }
    return date
  },
}

const ISO_DATE = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const regExpType: ValueType<RegExp> = {
  name: 'RegExp',
  encode: (value) => `/${sourceOf.call(value)}/${value.flags}`,
  decode(json) {
    const end = text(json).lastIndexOf('/')
    if (end < 1 || !text(json).startsWith('/')) throw new WrongValue('/source/flags is expected here')
    return new RegExp(text(json).slice(1, end), text(json).slice(end + 1))
  },
}

const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, 'source')!.get as (this: RegExp) => string

const mapType: ValueType<Map<unknown, unknown>> = {
  name: 'Map',
  encode: (value) => [...Map.prototype.entries.call(value)],
  decode: (json) => new Map(list(json).map(pair)),
}

const pair = (json: unknown): [unknown, unknown] => {
  if (list(json).length !== 2) throw new WrongValue('pairs of key and value are expected here')
  return json as [unknown, unknown]
}

const setType: ValueType<Set<unknown>> = {
  name: 'Set',
  encode: (value) => [...Set.prototype.values.call(value)],
  decode: (json) => new Set(list(json)),
}

/** A URL has no brand that is the same everywhere (React Native and jsdom bring their own), so its text is asked. */
const urlType: ValueType<URL> = {
  name: 'URL',
  encode(value) {
    if (new URL(value.href).href !== value.href)
      throw new WrongValue('it is a URL that URL itself reads otherwise')
    return value.href
  },
  decode: (json) => new URL(text(json)),
}

/** `new Number(1)` and its like: the primitive in the same place, with a note of its own where it needs one. */
const boxed = (name: string, unbox: (this: never) => unknown): ValueType => ({
  name,
  encode: (value) => unbox.call(value as never),
  decode(json) {
    const box: unknown = Object(json)
    if (box === json || tagOf(box as object) !== name)
      throw new WrongValue(`a primitive ${name} is expected here`)
    return box
  },
})

/** The kinds of object that every runtime has and that fit in a few lines. */
export const builtinTypes: readonly ValueType[] = [
  dateType,
  mapType,
  setType,
  regExpType,
  urlType,
  boxed('Number', Number.prototype.valueOf),
  boxed('String', String.prototype.valueOf),
  boxed('Boolean', Boolean.prototype.valueOf),
  boxed('BigInt', BigInt.prototype.valueOf),
]
