import { MissingCodecError, messageOf, UnreadableValueError } from '../errors.js'
import { type Codecs, codecIn } from './codecs.js'
import type { Json, Note } from './note.js'
import { isRecord, list, WrongValue } from './type.js'
import { typesByName } from './types.js'

/**
 * Carries out the notes, one after the other, inside `json`. They come from a file, so nothing about them is believed:
 * a step leads only to what a JSON array or object itself holds, and each type checks its JSON.
 */
export const restore = (json: Json, notes: readonly Note[], codecs: Codecs): unknown => {
  if (!Array.isArray(notes)) throw new UnreadableValueError([], 'its notes are not a list')
  let root: unknown = json
  for (const note of notes) {
    if (!isNote(note)) throw new UnreadableValueError([], 'one of its notes is not a type and a path')
    try {
      root = apply(root, note, codecs)
    } catch (cause) {
      if (cause instanceof MissingCodecError) throw cause
      throw new UnreadableValueError(note.slice(1), `${note[0]}: ${messageOf(cause)}`, { cause })
    }
  }
  return root
}

const isNote = (note: unknown): note is Note =>
  Array.isArray(note) &&
  typeof note[0] === 'string' &&
  note.every((step) => typeof step === 'string' || typeof step === 'number')

const apply = (root: unknown, note: Note, codecs: Codecs): unknown => {
  const decode = decoderOf(note[0], codecs)
  const last = note.length - 1
  if (last === 0) return decode(root)

  let container = root
  for (let index = 1; index < last; index++) container = contentsOf(container, note[index]!)[note[index]!]
  const contents = contentsOf(container, note[last]!)
  contents[note[last]!] = decode(contents[note[last]!])
  return root
}

const decoderOf = (name: string, codecs: Codecs): ((stored: unknown) => unknown) => {
  const codec = codecIn(name)
  if (codec !== undefined) {
    return (stored) => codecs.decode(codec.name, codec.isWrapped ? list(stored)[0] : stored)
  }
  const type = typesByName.get(name)
  if (type === undefined) throw new WrongValue('this version of daybook does not know the type')
  return type.decode
}

/** The array or object, if it has this index or name itself. */
const contentsOf = (container: unknown, step: string | number): Record<string | number, unknown> => {
  const fits = typeof step === 'number' ? Array.isArray(container) : isRecord(container)
  if (!fits || !Object.hasOwn(container as object, step))
    throw new WrongValue('there is nothing at this path')
  return container as Record<string | number, unknown>
}
