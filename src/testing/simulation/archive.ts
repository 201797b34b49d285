/** The whole history of a log that is trimmed: what is about to be removed is read first, by the connection that removes it. */

import type { Connection } from '../../drivers/driver.js'
import type { MaybePromise, SqlRow } from '../../drivers/statement.js'
import { decodeOps } from '../../log/decode-ops.js'
import type { Op } from '../../log/op.js'

/** An entry as it is stored, with the first part of its body. The simulation's are small: one part each. */
export interface ArchivedEntry {
  readonly seq: number
  readonly term: number
  readonly kind: string
  readonly origin: string
  readonly originSeq: number
  readonly body: string
  readonly checksum: string
}

const READ = 'SELECT seq, term, kind, origin, origin_seq, body, checksum FROM daybook_log'
const readAll = { sql: `${READ} ORDER BY seq` }
const readBelow = { sql: `${READ} WHERE seq < ? ORDER BY seq` }
const isLogThere = { sql: "SELECT 1 FROM sqlite_master WHERE name = 'daybook_log'" }

/** All entries that a database has now. */
export function entriesOf(connection: Connection): ArchivedEntry[] {
  if (rows(connection.execute(isLogThere, [])).length === 0) return []
  return rows(connection.execute(readAll, [])).map(entryOf)
}

export class Archive {
  readonly #entries = new Map<number, ArchivedEntry>()

  /** The same connection; what it trims is kept here. */
  of(connection: Connection): Connection {
    return {
      ...connection,
      execute: (statement, parameters) => {
        if (statement.sql.startsWith('delete from "daybook_log" where "seq" <')) {
          for (const row of rows(connection.execute(readBelow, parameters))) {
            const entry = entryOf(row)
            this.#entries.set(entry.seq, entry)
          }
        }
        return connection.execute(statement, parameters)
      },
    }
  }

  /** The log from its beginning, given what is still in the file. */
  whole(kept: readonly ArchivedEntry[]): ArchivedEntry[] {
    // Where no entry is left, the power has taken the whole database.
    const floor = kept[0]?.seq ?? 0
    const trimmed = [...this.#entries.values()].filter(({ seq }) => seq < floor)
    return [...trimmed.sort((a, b) => a.seq - b.seq), ...kept]
  }

  /** The power has failed: the log ends at `head` again. */
  rewind(head: number): void {
    for (const seq of this.#entries.keys()) if (seq > head) this.#entries.delete(seq)
  }
}

/** The ops of an entry; a checkpoint has none, nor has the record of a redaction. */
export const opsOf = ({ kind, body }: ArchivedEntry): readonly Op[] =>
  kind === 'checkpoint' || kind === 'redact' ? [] : decodeOps(body)

// A real connection underneath answers at once.
const rows = (answer: MaybePromise<readonly SqlRow[]>): readonly SqlRow[] => answer as readonly SqlRow[]

const entryOf = (row: SqlRow): ArchivedEntry => ({
  seq: Number(row.seq),
  term: Number(row.term),
  kind: String(row.kind),
  origin: String(row.origin),
  originSeq: Number(row.origin_seq),
  body: String(row.body),
  checksum: String(row.checksum),
})
