/**
 * Entries as lines of JSON (NDJSON), exact to the byte: what is read back has the same checksums.
 *
 * An entry is one line, and one more for each further part of its body, so that nobody has to hold more than a part. A
 * part is embedded as the JSON that it is; one whose text JSON.stringify would write in another way is a string of that
 * text. `docs/log-format.md` describes the lines.
 */

import type { Entry, EntryKind } from './entry.js'
import { isStoredOp } from './stored-op.js'

/** Lines of one entry. */
export function* linesOf(entry: Entry): Generator<string, void> {
  const { position, kind, origin, originSeq, committedAt, format, parts, checksum } = entry
  const { seq, term } = position
  const fields = { seq, term, kind, origin, originSeq, committedAt, format, checksum, parts: parts.length }
  yield `${JSON.stringify(fields).slice(0, -1)},"body":${embedded(parts[0] as string)}}`
  for (let part = 1; part < parts.length; part++) {
    yield `{"seq":${seq},"part":${part},"body":${embedded(parts[part] as string)}}`
  }
}

const embedded = (part: string): string =>
  JSON.stringify(JSON.parse(part)) === part ? part : JSON.stringify(part)

const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body))

/** Puts entries together again from their lines, in order. */
export class EntryReader {
  #entry: Entry | undefined
  #parts: string[] = []
  #expected = 0

  /** The entry that this line completes, if it does; a text says what is wrong with the line. */
  read(line: Record<string, unknown>): Entry | string | undefined {
    if (this.#entry === undefined) return this.#begin(line)
    if (line.seq !== this.#entry.position.seq || line.part !== this.#parts.length) {
      return `part ${this.#parts.length} of entry ${this.#entry.position.seq} is missing`
    }
    this.#parts.push(textOf(line.body))
    return this.#complete()
  }

  /** An entry has begun and is not complete. */
  get isOpen(): boolean {
    return this.#entry !== undefined
  }

  #begin(line: Record<string, unknown>): Entry | string | undefined {
    const { seq, term, kind, origin, originSeq, committedAt, format, checksum, parts, body } = line
    const numbers = [seq, term, originSeq, committedAt, format, parts]
    if (!numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= 0)) {
      return 'a number of the entry is missing or none'
    }
    if (![kind, origin, checksum].every((text) => typeof text === 'string')) {
      return 'a text of the entry is missing or none'
    }
    if (!KINDS.includes(kind as EntryKind)) return `it has kind ${JSON.stringify(kind)}`
    if ((parts as number) < 1 || body === undefined) return 'it has no body'
    this.#expected = parts as number
    this.#parts = [textOf(body)]
    this.#entry = {
      position: { seq: seq as number, term: term as number },
      kind: kind as EntryKind,
      origin: origin as string,
      originSeq: originSeq as number,
      committedAt: committedAt as number,
      format: format as number,
      checksum: checksum as string,
      parts: [],
    }
    return this.#complete()
  }

  #complete(): Entry | string | undefined {
    if (this.#parts.length < this.#expected) return undefined
    const entry = { ...(this.#entry as Entry), parts: this.#parts }
    this.#entry = undefined
    return hasWellFormedOps(entry) ? entry : 'its body is not made of ops'
  }
}

const KINDS: readonly EntryKind[] = ['tx', 'term', 'claim', 'schema', 'reset', 'checkpoint', 'redact']

// The checksum says that it is what was written; this, that what was written is harmless.
function hasWellFormedOps({ kind, parts }: Entry): boolean {
  return parts.every((part) => {
    try {
      const body = JSON.parse(part) as unknown
      const ops = Array.isArray(body) ? body : (body as { ops?: unknown } | null)?.ops
      if (!Array.isArray(ops)) return false
      if (kind === 'checkpoint' || kind === 'redact') return true
      return ops.every(
        (op) => isStoredOp(op) || (Array.isArray(op) && op[0] === 'redacted' && typeof op[1] === 'string'),
      )
    } catch {
      return false
    }
  })
}
