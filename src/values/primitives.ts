import { text, type ValueType, WrongValue } from './type.js'

/** A single value, and the JSON that is in its place. */
const constant = (name: string, value: unknown, standIn: null | number = null): ValueType => ({
  name,
  encode: () => standIn,
  decode(json) {
    if (json !== standIn) throw new WrongValue(`${standIn} is expected here`)
    return value
  },
})

const bigintType: ValueType<bigint> = {
  name: 'bigint',
  encode: (value) => value.toString(),
  decode(json) {
    if (!/^-?\d+$/.test(text(json))) throw new WrongValue('digits are expected here')
    return BigInt(text(json))
  },
}

/** The primitives that JSON has no form for. */
export const primitiveTypes: readonly ValueType[] = [
  constant('undefined', undefined),
  constant('NaN', Number.NaN),
  constant('Infinity', Number.POSITIVE_INFINITY),
  constant('-Infinity', Number.NEGATIVE_INFINITY),
  constant('-0', -0, 0),
  bigintType,
]
