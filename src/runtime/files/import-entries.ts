/**
 * Taking in an export of entries, exactly: same seqs, same terms, same checksums.
 *
 * A new file is complete or not there. A file that has the beginning of the same log gets what it lacks; an import that
 * is repeated adds nothing; anything else is refused.
 */

import type { Driver } from '../../drivers/driver.js'
import type { Program } from '../../drivers/program.js'
import { ImportConflictError, InvalidImportError } from '../../errors.js'
import type { Entry, Position, Tail } from '../../log/entry.js'
import { putExactly, tailIfAny } from '../../log/exact.js'
import { EntryReader } from '../../log/lines.js'
import { isRedacted } from '../../log/redacted-part.js'
import { putParts, seqsNamedBy } from '../../log/redaction.js'
import { createTables, findLog } from '../../log/schema.js'
import { type BaseLine, isBaseLine, putBase } from '../../materializer/base.js'
import { post, postAll } from '../../materializer/post.js'
import { MATERIALIZER_SCHEMA } from '../../materializer/tables.js'
import { type ConnectFile, driverOn } from './binding.js'
import { EXPORT_FORMAT } from './export-entries.js'
import { isThere, makeFile } from './new-file.js'
import { type Lines, type ParsedLine, parsedLines } from './parsed-lines.js'

/** What an import did. */
export interface Imported {
  /** How many entries were added. */
  readonly entries: number
  /** Where the log ends now. */
  readonly head: Position
}

/** Entries or lines written in one transaction, and UTF-16 code units of them. */
const BATCH = 500
const BATCH_SIZE = 4 << 20

/**
 * @throws InvalidImportError, ImportConflictError, NewerFormatError, NotADatabaseError, and what writing throws
 */
export async function importEntries(connect: ConnectFile, filename: string, lines: Lines): Promise<Imported> {
  const into = async (file: string, isNew: boolean): Promise<Imported> => {
    const driver = driverOn(connect, file)
    try {
      return await new EntriesImport(driver, isNew).run(lines)
    } finally {
      await driver.close()
    }
  }
  return isThere(filename) ? into(filename, false) : makeFile(filename, (partial) => into(partial, true))
}

class EntriesImport {
  readonly #driver: Driver
  readonly #reader = new EntryReader()
  /** The tail of the target; none in a new file. */
  #tail: Tail | undefined
  readonly #isNew: boolean
  /** The stream is newer than the target: what it has blanked is blanked here as well. */
  #isNewer = false
  /** Entries that the target has and the stream has blanked, until the record comes. */
  readonly #blanked = new Map<number, readonly string[]>()
  #base: BaseLine[] = []
  #entries: Entry[] = []
  #size = 0
  #added = 0

  constructor(driver: Driver, isNew: boolean) {
    this.#driver = driver
    this.#isNew = isNew
  }

  async run(lines: Lines): Promise<Imported> {
    let number = 0
    let end: Record<string, unknown> | undefined
    for await (const parsed of parsedLines(lines)) {
      number = parsed.number
      if (end !== undefined) throw new InvalidImportError(number, 'it comes behind the end')
      if (number === 1) await this.#begin(parsed)
      else if ('end' in parsed.line) end = parsed.line
      else await this.#take(parsed)
    }
    await this.#flush()
    if (end === undefined || this.#reader.isOpen || this.#tail === undefined) {
      throw new InvalidImportError(number + 1, 'the export ends before its end')
    }
    while ((await this.#driver.transaction('write', () => post(BATCH))) > 0);
    const { term, seq } = this.#tail
    return { entries: this.#added, head: { term, seq } }
  }

  async #begin({ line, number }: ParsedLine): Promise<void> {
    const { daybook, format, id, head, floor } = line
    if (daybook !== 'entries') throw new InvalidImportError(number, 'it does not begin an export of entries')
    if (format !== EXPORT_FORMAT) {
      throw new InvalidImportError(
        number,
        `its format is ${String(format)}, this version reads ${EXPORT_FORMAT}`,
      )
    }
    const last = (head as Partial<Position> | undefined)?.seq
    const oldest = (floor as Partial<Position> | undefined)?.seq
    if (typeof last !== 'number' || typeof oldest !== 'number' || typeof id !== 'string') {
      throw new InvalidImportError(number, 'it does not say which log it is')
    }
    await this.#driver.transaction('write', () => this.#prepare(id, last, oldest))
  }

  *#prepare(id: string, last: number, oldest: number): Program<void> {
    if (this.#isNew) {
      yield* createTables(id, MATERIALIZER_SCHEMA)
      return
    }
    if ((yield* findLog()) === undefined) throw new ImportConflictError('it is a database without a daybook')
    this.#tail = yield* tailIfAny()
    const ends = this.#tail?.seq ?? 0
    if (oldest > ends + 1) {
      throw new ImportConflictError(`it ends at seq ${ends}, the export begins at ${oldest}`)
    }
    this.#isNewer = last > ends
    // Only what is posted can be blanked.
    yield* postAll()
  }

  async #take({ line, number }: ParsedLine): Promise<void> {
    if (this.#reader.isOpen || typeof line.seq === 'number') {
      const entry = this.#reader.read(line)
      if (typeof entry === 'string') throw new InvalidImportError(number, entry)
      if (entry === undefined) return
      this.#entries.push(entry)
      this.#size += entry.parts.reduce((sum, part) => sum + part.length, 0)
    } else {
      if (!isBaseLine(line)) throw new InvalidImportError(number, 'it is no line of an export')
      // A log that is here already has made its own tables.
      if (this.#isNew) this.#base.push(line as unknown as BaseLine)
    }
    if (this.#entries.length + this.#base.length >= BATCH || this.#size >= BATCH_SIZE) await this.#flush()
  }

  async #flush(): Promise<void> {
    const { entries, base } = { entries: this.#entries, base: this.#base }
    this.#entries = []
    this.#base = []
    this.#size = 0
    if (entries.length + base.length === 0) return
    const { tail, added } = await this.#driver.transaction('write', () => this.#put(base, entries))
    this.#added += added
    this.#tail = tail
  }

  *#put(
    base: readonly BaseLine[],
    entries: readonly Entry[],
  ): Program<{ tail: Tail | undefined; added: number }> {
    for (const line of base) yield* putBase(line)
    let tail = this.#tail
    let added = 0
    for (const entry of entries) {
      const { seq } = entry.position
      const known = seq <= (tail?.seq ?? 0)
      tail = yield* putExactly(entry, tail)
      if (!known) added++
      if (known && this.#isNewer && entry.parts.some(isRedacted)) this.#blanked.set(seq, entry.parts)
      if (known || entry.kind !== 'redact') continue
      for (const of of seqsNamedBy(entry)) {
        const parts = this.#blanked.get(of)
        if (parts !== undefined) yield* putParts(of, parts)
        this.#blanked.delete(of)
      }
    }
    return { tail, added }
  }
}
