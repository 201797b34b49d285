/** Lines of JSON on their way in: each an object, numbered, whatever pieces the text comes in. */

import { InvalidImportError } from '../../errors.js'

/** Text in pieces of any size, or lines with or without their ends. */
export type Lines = AsyncIterable<string> | Iterable<string>

export interface ParsedLine {
  readonly number: number
  readonly line: Record<string, unknown>
}

/** The longest line that is read, in UTF-16 code units: a part, escaped, and what no single op may exceed. */
const LONGEST = 1 << 28

/**
 * Each line as an object. Pieces are joined where a line is cut; a piece that is a whole object is a line also without
 * its end.
 *
 * @throws InvalidImportError
 */
export async function* parsedLines(pieces: Lines): AsyncGenerator<ParsedLine, void> {
  let number = 0
  let rest = ''
  for await (const piece of pieces) {
    rest += piece
    const lines = rest.split('\n')
    rest = lines.pop() as string
    for (const text of lines) if (text.trim() !== '') yield parsed(++number, text)
    if (rest.length > LONGEST) throw new InvalidImportError(number + 1, 'it is too long')
    const whole = rest.endsWith('}') ? tryParse(rest) : undefined
    if (whole === undefined) continue
    yield { number: ++number, line: whole }
    rest = ''
  }
  if (rest.trim() !== '') yield parsed(++number, rest)
}

function parsed(number: number, text: string): ParsedLine {
  const line = tryParse(text)
  if (line === undefined) throw new InvalidImportError(number, 'it is not a JSON object')
  return { number, line }
}

function tryParse(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}
