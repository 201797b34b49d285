/**
 * The value codec: any value a row may hold ⇄ JSON that SQL can query, and notes beside it for what JSON cannot say.
 *
 *   { due: new Date(0), n: 5n }   ⇄   {"due":"1970-01-01T00:00:00.000Z","n":"5"}  +  [["Date","due"],["bigint","n"]]
 *
 * What it keeps true: a value comes back as `structuredClone` would give it, or is refused with the path of what
 * cannot be kept. Nothing a user can write is mistaken for a tag, because there are no tags in the JSON. A value that
 * is JSON already is stored as it is, for the price of one look at it.
 *
 * Why no library. devalue 5 and seroval 1 write one flat or tagged text of their own, in which SQL finds no field.
 * superjson 2 has the right shape (JSON + paths), but a plain row costs 8 times JSON.stringify (devalue 3, seroval 5,
 * this 1.3), it drops functions and turns holes, invalid dates and ArrayBuffers into something else without a word,
 * and it refuses rows with a field named `constructor`.
 */

import { type Codecs, NO_CODECS } from './codecs.js'
import { restore } from './decode.js'
import { Encoder } from './encode.js'
import type { Encoded, Json, Note } from './note.js'
import { isPlainJson } from './plain.js'

export type { Encoded, Json, Note } from './note.js'

/**
 * A value as JSON and notes. Stringify both at once: where the value is JSON already, `json` is the value itself and
 * not a copy. The value is never changed.
 *
 * Kept: what JSON has, undefined, -0, NaN, ±Infinity, bigint, Date, Map, Set, RegExp, URL, Error and its standard
 * subclasses, ArrayBuffer and its views, boxed primitives, Temporal, sparse arrays and arrays with properties, and what one of
 * the codecs takes. An object met twice becomes two.
 *
 * @throws UnkeepableValueError for an instance of any other class, a function, a symbol, a cycle, or more than `limits.ts`
 *   allows
 * @example
 * encodeValue({ done: true }) // { json: { done: true }, notes: undefined }
 * encodeValue({ size: 5n }) // { json: { size: '5' }, notes: [['bigint', 'size']] }
 */
export const encodeValue = (value: unknown, codecs: Codecs = NO_CODECS): Encoded =>
  isPlainJson(value) ? { json: value, notes: undefined } : new Encoder(codecs).encode(value)

/**
 * The value that JSON and notes stand for. It takes `json` over: the value is built inside it.
 *
 * @throws UnreadableValueError for notes that do not fit the JSON, or a type that this runtime does not have;
 *   MissingCodecError
 * @example
 * decodeValue({ size: '5' }, [['bigint', 'size']]) // { size: 5n }
 */
export const decodeValue = (json: Json, notes?: readonly Note[], codecs: Codecs = NO_CODECS): unknown =>
  notes === undefined ? json : restore(json, notes, codecs)
