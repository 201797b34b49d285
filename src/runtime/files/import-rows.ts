/** Taking in rows as ordinary transactions: puts, whatever the collection has; nothing is deleted. */

import { InvalidImportError, InvalidTransactionError } from '../../errors.js'
import type { Position, Requirement } from '../../log/entry.js'
import { isStoredOp, type StoredOp } from '../../log/stored-op.js'
import { isVersion } from '../../log/version.js'
import type { Key } from '../../values/key.js'
import type { Daybook } from '../daybook/daybook.js'
import { internalsOf } from '../daybook/internals.js'
import type { RowId } from '../daybook/write-order.js'
import { ROWS_FORMAT } from './export-rows.js'
import { type Lines, type ParsedLine, parsedLines } from './parsed-lines.js'

/** What an import of rows did. */
export interface ImportedRows {
  readonly collection: string
  readonly rows: number
  /** The last of the transactions; nothing where there were no rows. */
  readonly position: Position | undefined
}

export interface ImportRowsOptions {
  /** Into this collection. Default: the one that they were exported from. */
  readonly collection?: string
}

/** The rows of one transaction, and UTF-16 code units of them. */
const BATCH = 500
const BATCH_SIZE = 1 << 19

/**
 * @throws InvalidImportError; SchemaVersionError when the collection has rows of another version; what `write` throws. What
 *   was appended before stays.
 */
export async function importRows(
  daybook: Daybook,
  lines: Lines,
  options: ImportRowsOptions = {},
): Promise<ImportedRows> {
  let into: RowsImport | undefined
  let rows = 0
  let end = false
  let number = 0
  for await (const parsed of parsedLines(lines)) {
    number = parsed.number
    if (end) throw new InvalidImportError(number, 'it comes behind the end')
    if (into === undefined) into = await begin(daybook, parsed, options)
    else if ('end' in parsed.line) end = true
    else {
      await into.add(parsed)
      rows++
    }
  }
  if (into === undefined || !end) throw new InvalidImportError(number + 1, 'the export ends before its end')
  await into.flush()
  return { collection: into.collection, rows, position: into.position }
}

async function begin(
  daybook: Daybook,
  { line, number }: ParsedLine,
  options: ImportRowsOptions,
): Promise<RowsImport> {
  const { daybook: what, format, schemaVersion } = line
  const collection = options.collection ?? line.collection
  if (what !== 'rows') throw new InvalidImportError(number, 'it does not begin an export of rows')
  if (format !== ROWS_FORMAT) {
    throw new InvalidImportError(number, `its format is ${String(format)}, this version reads ${ROWS_FORMAT}`)
  }
  if (typeof collection !== 'string' || !isVersion(schemaVersion)) {
    throw new InvalidImportError(number, 'it does not say which collection it is, or in which version')
  }
  const known = (await daybook.collections()).find(({ id }) => id === collection)
  // A collection without rows has any version.
  const from = known === undefined || known.rows === 0 ? (known?.schemaVersion ?? 1) : schemaVersion
  const first: StoredOp[] = from < schemaVersion ? [['schema', collection, from, schemaVersion]] : []
  return new RowsImport(daybook, collection, schemaVersion, from, first)
}

class RowsImport {
  readonly collection: string
  position: Position | undefined
  readonly #daybook: Daybook
  readonly #schemaVersion: number
  /** The version that the next transaction meets. */
  #meets: number
  #ops: string[]
  /** The rows that they put. */
  #rows: RowId[] = []
  #size = 0
  /** The last line in hand. */
  #line = 0

  constructor(
    daybook: Daybook,
    collection: string,
    schemaVersion: number,
    meets: number,
    first: readonly StoredOp[],
  ) {
    this.#daybook = daybook
    this.collection = collection
    this.#schemaVersion = schemaVersion
    this.#meets = meets
    this.#ops = first.map((op) => JSON.stringify(op))
  }

  async add({ line, number }: ParsedLine): Promise<void> {
    this.#line = number
    const { key, value, notes, metadata, metadataNotes } = line
    const ops: unknown[][] = [['put', this.collection, key, value, ...optional(notes)]]
    if (metadata !== undefined) ops.push(['meta', this.collection, key, metadata, ...optional(metadataNotes)])
    for (const op of ops) {
      if (!isStoredOp(op)) throw new InvalidImportError(number, 'it is not a row')
      const text = JSON.stringify(op)
      this.#ops.push(text)
      this.#size += text.length
    }
    this.#rows.push({ collection: this.collection, key: key as Key })
    if (this.#ops.length >= BATCH || this.#size >= BATCH_SIZE) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#ops.length === 0) return
    const requires: Requirement[] = [['schema', this.collection, this.#meets]]
    const parts = [`[${this.#ops.join(',')}]`]
    const rows = this.#rows
    this.#ops = []
    this.#rows = []
    this.#size = 0
    try {
      this.position = await internalsOf(this.#daybook).writer.write({
        what: `an import into ${JSON.stringify(this.collection)}`,
        rows,
        collections: [this.collection],
        buildsOnEarlier: false,
        prepare: () => ({ parts, requires }),
      })
    } catch (error) {
      if (error instanceof InvalidTransactionError) throw new InvalidImportError(this.#line, error.reason)
      throw error
    }
    this.#meets = this.#schemaVersion
  }
}

const optional = (notes: unknown): unknown[] => (notes === undefined ? [] : [notes])
