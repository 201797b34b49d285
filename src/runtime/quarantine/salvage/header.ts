/**
 * The header of a database file, put right as far as SQLite needs it to begin
 * (https://www.sqlite.org/fileformat2.html#the_database_header).
 *
 * A file that is shorter than it says is made as long again with empty pages: SQLite refuses all of the first, and only
 * what is on them of the second.
 */

import { beginsDatabase, MAGIC } from '../../../drivers/file-format.js'

/** A database file, byte by byte. */
export interface Bytes {
  readonly size: number
  /** Answers how many bytes were read. */
  read(into: Uint8Array, at: number): number
  write(from: Uint8Array, at: number): void
  /** Cuts it there, or makes it longer with zeros. */
  truncate(size: number): void
}

const HEADER = 100

export function mendHeader(file: Bytes): void {
  const header = new Uint8Array(HEADER)
  if (file.read(header, 0) < HEADER) return
  if (!beginsDatabase(header)) file.write(MAGIC, 0)
  const numbers = new DataView(header.buffer)
  const pageSize = numbers.getUint16(16) === 1 ? 65_536 : numbers.getUint16(16)
  const length = pageSize * numbers.getUint32(28)
  // A size that no damage explains is damage itself.
  if (length > file.size && length < file.size * 64 + (1 << 24)) file.truncate(length)
}
