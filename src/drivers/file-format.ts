/** How a database file begins: https://www.sqlite.org/fileformat2.html#magic_header_string */
export const MAGIC = new TextEncoder().encode('SQLite format 3\0')

/** Whether a database file may begin like this. */
export const beginsDatabase = (bytes: Uint8Array): boolean =>
  MAGIC.every((byte, index) => bytes[index] === byte)
