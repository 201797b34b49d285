import { record, text, type ValueType, WrongValue } from './type.js'

/**
 * Temporal, as the text that it calls its own, so that SQL can compare it. Its classes are looked up when they are
 * needed: an app may bring a polyfill, and a file may reach a runtime that has neither.
 */

interface TemporalClass {
  from(item: unknown, options?: { offset: 'use' }): unknown
  readonly prototype: { toString(): string }
}

const classOf = (name: string): TemporalClass => {
  const temporal: unknown = Reflect.get(globalThis, 'Temporal')
  const found: unknown =
    typeof temporal === 'object' && temporal !== null ? Reflect.get(temporal, name) : undefined
  if (typeof found !== 'function') {
    throw new WrongValue(`it is a Temporal.${name}, and this runtime has no globalThis.Temporal to make one`)
  }
  return found as unknown as TemporalClass
}

const written = (name: string): ValueType => ({
  name: `Temporal.${name}`,
  encode: (value) => classOf(name).prototype.toString.call(value),
  decode: (json) => classOf(name).from(text(json)),
})

const zonedType: ValueType = {
  ...written('ZonedDateTime'),
  decode(json) {
    const zoned = classOf('ZonedDateTime')
    try {
      return zoned.from(text(json))
    } catch {
      // The rules of the zone have changed since. The instant is what was meant, so its offset decides.
      return zoned.from(text(json), { offset: 'use' })
    }
  },
}

const UNITS = [
  'years',
  'months',
  'weeks',
  'days',
  'hours',
  'minutes',
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
] as const

/** By its units: the text of a duration says 2.5 seconds where the duration says 1 second and 1500 milliseconds. */
const durationType: ValueType<Record<string, number>> = {
  name: 'Temporal.Duration',
  encode(duration) {
    classOf('Duration').prototype.toString.call(duration) // Throws for what only looks like a duration.
    return Object.fromEntries(UNITS.map((unit) => [unit, duration[unit]]).filter(([, count]) => count !== 0))
  },
  decode: (json) => classOf('Duration').from({ seconds: 0, ...record(json) }) as Record<string, number>,
}

export const temporalTypes: readonly ValueType[] = [
  ...['Instant', 'PlainDate', 'PlainTime', 'PlainDateTime', 'PlainYearMonth', 'PlainMonthDay'].map(written),
  zonedType,
  durationType,
]
