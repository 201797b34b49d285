/**
 * Codecs: how instances of an app's own classes are kept. A codec is asked for objects that JSON has no form for; what it
 * makes of one is stored in its place, and the note at the place says the name of the codec.
 */

import { InvalidOptionError, MissingCodecError } from '../errors.js'

/**
 * Keeps instances of a class. `T`: the instances; `S`: what is stored for one.
 *
 * @example
 * const decimals: ValueCodec<Decimal, string> = {
 *   name: 'decimal',
 *   test: (value) => Decimal.isDecimal(value),
 *   encode: (value) => value.toString(),
 *   decode: (stored) => new Decimal(stored),
 * }
 */
export interface ValueCodec<T = unknown, S = unknown> {
  /**
   * Stored with every value, so it must stay the same from start to start: `decimal`. Up to 100 characters.
   */
  readonly name: string
  /**
   * Whether a value is one that this codec keeps. Asked for every object that is neither a plain object nor a plain array,
   * codec after codec, before the types that daybook knows itself; the first one that says yes keeps it.
   */
  test(value: unknown): boolean
  /** What is stored: anything that a row may hold, also values of other codecs. The same value must give the same. */
  encode(value: T): S
  /** The value, made anew of what `encode` gave. */
  decode(stored: S): T
}

/** Begins the type of a note that a codec made. No type of daybook's own has a colon in its name. */
const PREFIX = 'codec:'

/**
 * The same, where what the codec gave is itself something that JSON has no form for. It is stored in an array, so that no
 * place has two notes: SQL takes a place that has the note of a Date for a Date.
 */
const WRAPPED = 'codec[]:'

/** The type that the note of a codec's value says. */
export const noteOf = (codec: ValueCodec, isWrapped: boolean): string =>
  (isWrapped ? WRAPPED : PREFIX) + codec.name

/** The name of the codec that a note's type says; nothing for a type of daybook's own. */
export const codecIn = (type: string): { readonly name: string; readonly isWrapped: boolean } | undefined => {
  if (type.startsWith(PREFIX)) return { name: type.slice(PREFIX.length), isWrapped: false }
  return type.startsWith(WRAPPED) ? { name: type.slice(WRAPPED.length), isWrapped: true } : undefined
}

/** The codecs that values are encoded and decoded with. */
export interface Codecs {
  /** The codec that keeps this object; nothing when none does. */
  find(value: object): ValueCodec | undefined
  /** Makes a value of what the codec of this name has stored.
   *
   * @throws MissingCodecError
   */
  decode(name: string, stored: unknown): unknown
}

/** Without any codec. */
export const NO_CODECS: Codecs = {
  find: () => undefined,
  decode(name) {
    throw new MissingCodecError(name)
  },
}

/** What codecs have stored stays as it is: to look at rows without the app that wrote them. */
export const AS_STORED: Codecs = { find: () => undefined, decode: (_, stored) => stored }

/** The codecs of a daybook.
 *
 * @throws InvalidOptionError
 */
export function codecsOf(codecs: readonly ValueCodec[] = []): Codecs {
  if (!Array.isArray(codecs)) throw invalid('`codecs` is an array of { name, test, encode, decode }.')
  if (codecs.length === 0) return NO_CODECS
  const byName = new Map<string, ValueCodec>()
  for (const [index, codec] of codecs.entries()) {
    check(codec, index)
    if (byName.has(codec.name))
      throw invalid(`There are two codecs with the name ${JSON.stringify(codec.name)}.`)
    byName.set(codec.name, codec)
  }
  return {
    find: (value) => codecs.find((codec) => codec.test(value)),
    decode(name, stored) {
      const codec = byName.get(name)
      if (codec === undefined) throw new MissingCodecError(name)
      return codec.decode(stored)
    },
  }
}

const MEMBERS = ['name', 'test', 'encode', 'decode']
const NAME_LENGTH = 100

function check(codec: unknown, index: number): asserts codec is ValueCodec {
  const what = `codecs[${index}]`
  if (typeof codec !== 'object' || codec === null) {
    throw invalid(`${what} must be { name, test, encode, decode }.`)
  }
  const { name, ...functions } = codec as Record<string, unknown>
  if (typeof name !== 'string' || name === '' || name.length > NAME_LENGTH) {
    throw invalid(`${what}.name must be a text of 1 to ${NAME_LENGTH} characters.`)
  }
  for (const member of MEMBERS.slice(1)) {
    if (typeof functions[member] !== 'function')
      throw invalid(`${what}.${member} (${name}) must be a function.`)
  }
  const unknown = Object.keys(functions).find((member) => !MEMBERS.includes(member))
  if (unknown !== undefined) {
    throw invalid(
      `${what} (${name}) has a member ${JSON.stringify(unknown)}; a codec has ${MEMBERS.join(', ')}.`,
    )
  }
}

const invalid = (message: string): InvalidOptionError => new InvalidOptionError('codecs', message)
