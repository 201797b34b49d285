import { CorruptRowsError } from '../errors.js'

/**
 * The JSON that a table made from the log has.
 *
 * @throws CorruptRowsError when it is none: the file is damaged
 */
export function parseStored<T>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new CorruptRowsError('the JSON of a row, or of the name of one, cannot be read')
  }
}
