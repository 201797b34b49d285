/** Ways in which a file is damaged, each one fault. */

import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { chain, digest } from '../../../src/log/checksum.js'
import { exec, sql } from '../../support/open.js'

export interface Fault {
  readonly name: string
  readonly apply: (file: string) => void
}

export type Random = () => number

/** A seeded generator (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const flip = (name: string, at: number, bit: number): Fault => ({
  name: `${name}: bit ${bit} of byte ${at}`,
  apply: (file) => {
    const bytes = readFileSync(file)
    bytes[at]! ^= 1 << bit
    writeFileSync(file, bytes)
  },
})

/** Flipped bits: each byte of the header, and `count` for each kind of page of each table and index. */
export function flips(file: string, count: number, random: Random): Fault[] {
  const database = new Database(file, { readonly: true })
  const pageSize = Number(database.pragma('page_size', { simple: true }))
  const pages = Number(database.pragma('page_count', { simple: true }))
  const known = database.prepare('SELECT name, pagetype, pageno FROM dbstat').all() as {
    name: string
    pagetype: string
    pageno: number
  }[]
  database.close()
  const kinds = new Map<string, number[]>()
  const of = new Map(known.map(({ name, pagetype, pageno }) => [pageno, `${pagetype} page of ${name}`]))
  for (let page = 1; page <= pages; page++) {
    const kind = of.get(page) ?? (page === 2 ? 'pointer map' : 'free page')
    kinds.set(kind, [...(kinds.get(kind) ?? []), page])
  }
  const faults = Array.from({ length: 100 }, (_, at) => flip('header', at, Math.floor(random() * 8)))
  for (const [kind, numbers] of kinds) {
    for (let n = 0; n < count; n++) {
      const page = numbers[Math.floor(random() * numbers.length)]!
      // Every other one near the beginning, where the structure of a page is.
      const within = Math.floor(random() * (n % 2 === 0 ? pageSize : 64))
      faults.push(flip(kind, (page - 1) * pageSize + within, Math.floor(random() * 8)))
    }
  }
  return faults
}

/** The file ends at a page, at every `every`th. */
export function truncations(file: string, every: number): Fault[] {
  const pageSize = 4096
  const pages = readFileSync(file).length / pageSize
  const faults: Fault[] = []
  for (let page = 0; page < pages; page += every) {
    faults.push({ name: `truncated at page ${page}`, apply: (copy) => truncateSync(copy, page * pageSize) })
  }
  return faults
}

/** By hand with SQL, the triggers out of the way and put back afterwards. */
function byHand(name: string, work: (database: Database.Database) => void): Fault {
  return {
    name,
    apply: (file) => {
      const database = new Database(file)
      const triggers = database
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        .all() as { name: string; sql: string }[]
      for (const trigger of triggers) database.exec(`DROP TRIGGER "${trigger.name}"`)
      work(database)
      for (const trigger of triggers) database.exec(trigger.sql)
      database.pragma('wal_checkpoint(TRUNCATE)')
      database.close()
    },
  }
}

const statement = (text: string): Fault => byHand(text, (database) => database.exec(text))

/** The same, and then every checksum is made anew: only what entries say can tell. */
const forged = (text: string): Fault =>
  byHand(`${text}, with checksums that fit`, (database) => {
    database.exec(text)
    rechain(database)
  })

interface LogRow {
  seq: number
  term: number
  kind: string
  origin: string
  origin_seq: number
  committed_at: number
  format: number
  body: string
}

function rechain(database: Database.Database): void {
  const rows = database.prepare('SELECT * FROM daybook_log ORDER BY seq').all() as LogRow[]
  const parts = database.prepare('SELECT body FROM daybook_log_parts WHERE seq = ? ORDER BY part').pluck()
  const update = database.prepare('UPDATE daybook_log SET checksum = ?, size = ? WHERE seq = ?')
  let previous = '0000000000000000'
  for (const {
    seq,
    term,
    kind,
    origin,
    origin_seq: originSeq,
    committed_at: committedAt,
    format,
    body,
  } of rows) {
    const texts = [body, ...(parts.all(seq) as string[])]
    const entry = { seq, term, kind, origin, originSeq, committedAt, format, digests: texts.map(digest) }
    previous = chain(previous, entry)
    update.run(
      previous,
      texts.reduce((sum, { length }) => sum + length, 0),
      seq,
    )
  }
}

/** What somebody does to the log by hand. `seq`: of a transaction in the middle; `last`: of the newest one. */
export function logFaults(file: string): Fault[] {
  const [{ large, last } = { large: 0, last: 0 }] = sql<{ large: number; last: number }>(
    file,
    'SELECT max(seq) AS last, (SELECT seq FROM daybook_log WHERE parts > 1) AS large FROM daybook_log',
  )
  const seq = last - 10
  const columns = ['term', 'origin_seq', 'committed_at', 'format', 'parts', 'size']
  return [
    ...columns.map((name) => statement(`UPDATE daybook_log SET ${name} = ${name} + 1 WHERE seq = ${seq}`)),
    ...['kind', 'origin', 'body', 'checksum'].flatMap((name) => [
      statement(`UPDATE daybook_log SET ${name} = ${name} || 'x' WHERE seq = ${seq}`),
      statement(`UPDATE daybook_log SET ${name} = CAST(${name} AS BLOB) WHERE seq = ${seq}`),
    ]),
    ...[seq, last].map((at) => statement(`DELETE FROM daybook_log WHERE seq = ${at}`)),
    statement(`DELETE FROM daybook_log WHERE seq > ${seq}`),
    statement('DELETE FROM daybook_log'),
    statement(
      `UPDATE daybook_log SET seq = -1 WHERE seq = ${seq}; UPDATE daybook_log SET seq = ${seq} WHERE seq = ${seq + 1};
       UPDATE daybook_log SET seq = ${seq + 1} WHERE seq = -1`,
    ),
    statement(`INSERT INTO daybook_log SELECT seq + 1, term, kind, origin, origin_seq + 1, committed_at, format, parts, size,
      body, checksum FROM daybook_log WHERE seq = ${last}`),
    statement(`INSERT INTO daybook_log_parts VALUES (${seq}, 1, '[]')`),
    statement(`INSERT INTO daybook_log_parts VALUES (${last + 50}, 1, '[]')`),
    ...(large
      ? [
          statement('DELETE FROM daybook_log_parts'),
          statement("UPDATE daybook_log_parts SET body = '[]'"),
          statement('UPDATE daybook_log_parts SET part = part + 1'),
        ]
      : []),
  ]
}

/** A checkpoint that is posted as it must be, and leaves out one of what it has to say. */
const lyingCheckpoint = (about: 'origins' | 'controls' | 'rows'): Fault =>
  byHand(`a checkpoint that leaves out one of its ${about}`, (database) => {
    const all = (text: string): unknown[] => database.prepare(text).raw().all()
    const idsParsed = (rows: unknown[]): unknown[] =>
      (rows as [string, ...unknown[]][]).map(([id, ...rest]) => [JSON.parse(id), ...rest])
    const [last] = database.prepare('SELECT * FROM daybook_log ORDER BY seq DESC LIMIT 1').all() as LastRow[]
    const { seq, term, checksum: previous } = last as LastRow
    const body = {
      previous,
      origins: all(
        'SELECT origin, origin_seq, seq, term, length FROM daybook_origins ORDER BY origin, origin_seq',
      ),
      controls: idsParsed(all('SELECT collection, claim, schema_version, changed FROM daybook_controls')),
      rows: idsParsed(all('SELECT id, 1 FROM daybook_collections')),
    }
    body[about].pop()
    database
      .prepare(`INSERT INTO daybook_log VALUES (?, ?, 'checkpoint', 'zzz', 1, 0, 1, 1, 0, ?, '')`)
      .run(seq + 1, term, JSON.stringify([body]))
    database.prepare(`INSERT INTO daybook_origins VALUES ('zzz', 1, ?, ?, 1)`).run(seq + 1, term)
    database.exec('UPDATE daybook_cursor SET seq = seq + 1')
    rechain(database)
  })

interface LastRow {
  readonly seq: number
  readonly term: number
  readonly checksum: string
}

/** Entries that lie, each under a checksum that fits. For a log with all of its entries. */
export function forgeries(file: string): Fault[] {
  const [{ last } = { last: 0 }] = sql<{ last: number }>(file, 'SELECT max(seq) AS last FROM daybook_log')
  const seq = last - 10
  const set = (what: string, at = seq): Fault => forged(`UPDATE daybook_log SET ${what} WHERE seq = ${at}`)
  const append = (kind: string, body: string, term = 'term', origin = "'zzz', 1"): Fault =>
    forged(`INSERT INTO daybook_log SELECT seq + 1, ${term}, '${kind}', ${origin}, committed_at, format, 1, 0, '${body}', ''
      FROM daybook_log WHERE seq = ${last}`)
  return [
    set('seq = 0', 1),
    lyingCheckpoint('origins'),
    lyingCheckpoint('controls'),
    lyingCheckpoint('rows'),
    set("body = '['"),
    set("body = '{}'"),
    set(`body = '[["put","todos"]]'`),
    set(`body = '[["boom","todos",1]]'`),
    set(`body = '[["delete","todos",1]]'`),
    set("kind = 'claim'"),
    set("kind = 'nothing'"),
    set('origin_seq = 999'),
    set("origin = 'somebody'"),
    set('format = 2'),
    forged(`UPDATE daybook_log SET term = term + 1 WHERE seq >= ${seq}`),
    forged(`UPDATE daybook_log SET term = term - 1 WHERE seq > ${seq}`),
    forged(`UPDATE daybook_log SET origin = (SELECT origin FROM daybook_log WHERE seq = ${seq}),
      origin_seq = (SELECT origin_seq FROM daybook_log WHERE seq = ${seq}) WHERE seq = ${last}`),
    append('tx', '[["claim","todos"]]'),
    append('term', '[]'),
    append('term', '[1]', 'term + 1'),
    append('tx', '[]', 'term + 1'),
    append('checkpoint', '[]'),
    append('checkpoint', '[{"previous":"0123456789abcdef","origins":[],"controls":[],"rows":[]}]'),
    append('redact', '[["x"]]'),
    append('redact', `[[${seq},0,"0123456789abcdef"]]`),
    append('tx', '[]', 'term', `origin, origin_seq`),
    append('tx', '[]', 'term', `'d', 5`),
  ]
}

/** What somebody does to what is made from the log. */
export function tableFaults(): Fault[] {
  return [
    'UPDATE daybook_cursor SET seq = seq - 1',
    'UPDATE daybook_cursor SET seq = seq + 1',
    'UPDATE daybook_cursor SET seq = 0',
    "UPDATE daybook_cursor SET seq = 'x'",
    'DELETE FROM daybook_cursor',
    "UPDATE daybook_meta SET value = '2' WHERE name = 'format'",
    "UPDATE daybook_meta SET value = 'x' WHERE name = 'format'",
    "UPDATE daybook_meta SET value = 'x' WHERE name = 'id'",
    "DELETE FROM daybook_meta WHERE name = 'id'",
    "INSERT INTO daybook_meta VALUES ('more', '1')",
    'DELETE FROM daybook_meta',
    "UPDATE daybook_origins SET seq = seq + 1 WHERE origin = 'd'",
    "UPDATE daybook_origins SET term = term + 1 WHERE origin = 'd'",
    "UPDATE daybook_origins SET length = length + 1 WHERE origin = 'd'",
    "UPDATE daybook_origins SET length = length - 1 WHERE origin = 'a'",
    "UPDATE daybook_origins SET origin_seq = origin_seq + 1000 WHERE origin = 'd'",
    "UPDATE daybook_origins SET origin = 'e' WHERE origin = 'd'",
    "DELETE FROM daybook_origins WHERE origin = 'b'",
    "INSERT INTO daybook_origins VALUES ('new', 1, 3, 1, 1)",
    "INSERT INTO daybook_origins SELECT origin, origin_seq + 1, seq + 1, term, 1 FROM daybook_origins WHERE origin = 'd'",
    `UPDATE daybook_controls SET claim = claim + 1 WHERE collection = '"todos"'`,
    `UPDATE daybook_controls SET schema_version = 7 WHERE collection = '"todos"'`,
    `UPDATE daybook_controls SET changed = changed - 1 WHERE collection = '"lists"'`,
    `UPDATE daybook_controls SET collection = '"other"' WHERE collection = '"lists"'`,
    `UPDATE daybook_controls SET collection = 'other' WHERE collection = '"lists"'`,
    `DELETE FROM daybook_controls WHERE collection = '"dropped"'`,
    `INSERT INTO daybook_controls VALUES ('"more"', 1, 1, 1)`,
    `DELETE FROM daybook_collections WHERE id = '"large"'`,
    `UPDATE daybook_collections SET row_table = 'rows_none' WHERE id = '"large"'`,
    `UPDATE daybook_collections SET row_table = 'daybook_log' WHERE id = '"gone"'`,
    `UPDATE daybook_collections SET id = '"larger"' WHERE id = '"large"'`,
    `UPDATE daybook_collections SET id = 'large' WHERE id = '"large"'`,
    `INSERT INTO daybook_collections VALUES ('"more"', 'rows_more')`,
    `UPDATE daybook_collections SET row_table = 'rows_named' WHERE id = '"gone"'; ALTER TABLE rows_gone RENAME TO rows_named`,
    'DROP TABLE rows_gone',
    'ALTER TABLE rows_gone ADD COLUMN more',
    'DROP TABLE daybook_state',
    'DROP TABLE daybook_indexes',
    'DROP TABLE daybook_controls',
    'DROP TABLE daybook_origins',
    'DROP TABLE daybook_collections',
    'DROP TABLE daybook_cursor',
    'ALTER TABLE daybook_state ADD COLUMN more',
    `UPDATE daybook_state SET value = '1' WHERE collection = '"lists"' AND seq > 65 OR name = '"resume"'`,
    `UPDATE daybook_state SET notes = NULL WHERE name = '"resume"'`,
    `UPDATE daybook_state SET seq = seq + 1 WHERE name = '"resume"'`,
    `UPDATE daybook_state SET name = '"other"' WHERE name = '"resume"'`,
    `UPDATE daybook_state SET collection = '"other"' WHERE name = '"resume"'`,
    `UPDATE daybook_state SET collection = 'other' WHERE name = '"resume"'`,
    `DELETE FROM daybook_state WHERE name = '"resume"'`,
    `INSERT INTO daybook_state VALUES ('"todos"', '"more"', '1', NULL, 90)`,
    `UPDATE rows_lists SET value = '{}' WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET value = value || ' ' WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET value = '{' WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET value = CAST(value AS BLOB) WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET notes = NULL WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET seq = seq - 1 WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET seq = 100000 WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET key = '"list-99"' WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET key = CAST(key AS BLOB) WHERE key = '"list-9"'`,
    `UPDATE rows_lists SET key = NULL WHERE key = '"list-9"'`,
    `DELETE FROM rows_lists WHERE key = '"list-9"'`,
    'DELETE FROM rows_lists',
    `INSERT INTO rows_lists VALUES ('"list-3"', '{}', NULL, NULL, NULL, 90)`,
    `INSERT INTO rows_lists VALUES ('"more"', '{}', NULL, NULL, NULL, 90)`,
    `INSERT INTO rows_lists VALUES (NULL, '{}', NULL, NULL, NULL, 90)`,
    `INSERT INTO daybook_collections VALUES ('more', 'rows_more')`,
    `INSERT INTO daybook_collections VALUES ('"more"', 'rows_more'); CREATE TABLE "rows_more" ( key TEXT PRIMARY KEY,
      value TEXT NOT NULL, notes TEXT, metadata TEXT, metadata_notes TEXT, seq INTEGER NOT NULL )`,
    `INSERT INTO rows_gone VALUES ('1', '{}', NULL, NULL, NULL, 90)`,
    'UPDATE daybook_cursor SET id = 1, seq = -5',
    'DROP INDEX daybook_log_controls',
    'DROP INDEX daybook_index_todos_title_1',
    'DROP INDEX daybook_index_todos_title_1; CREATE INDEX daybook_index_todos_title_1 ON rows_todos (value, key)',
    `DELETE FROM daybook_indexes WHERE path = '["title"]'`,
    `UPDATE daybook_indexes SET path = '["due"]' WHERE path = '["title"]'`,
    `UPDATE daybook_indexes SET path = 'due' WHERE path = '["title"]'`,
    `UPDATE daybook_indexes SET collection = '"lists"' WHERE path = '["title"]'`,
    `INSERT INTO daybook_indexes VALUES ('"todos"', '["x"]', 'daybook_index_todos_x_1')`,
    `INSERT INTO daybook_indexes VALUES ('"todos"', '["x"]', 'x')`,
    'CREATE TRIGGER mine BEFORE INSERT ON daybook_log BEGIN SELECT 1; END',
  ].map(statement)
}

/** Rows of which the log says everything, where it has all of its entries. */
export function rowFaults(): Fault[] {
  return [
    "UPDATE rows_todos SET value = '{}' WHERE key = '7'",
    "UPDATE rows_todos SET metadata = NULL WHERE key = '5'",
    `UPDATE rows_todos SET metadata_notes = '[["Date"]]' WHERE key = '5'`,
    "UPDATE rows_todos SET metadata = '1' WHERE key = '9'",
    "DELETE FROM rows_todos WHERE key = '7'",
    `UPDATE rows_large SET value = replace(value, 'kept', 'lost') WHERE key = '"kept"'`,
    `INSERT INTO rows_large VALUES ('"row-1"', '{}', NULL, NULL, NULL, 5)`,
    `DELETE FROM daybook_state WHERE name = '"token"'`,
    'DELETE FROM daybook_log WHERE seq = 1',
    'DELETE FROM daybook_log WHERE seq < 9',
  ].map(statement)
}

/** Triggers that are gone, or refuse nothing. */
export function triggerFaults(file: string): Fault[] {
  const triggers = sql<{ name: string; sql: string }>(
    file,
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
  )
  return triggers.flatMap(({ name, sql: text }) => [
    { name: `DROP TRIGGER ${name}`, apply: (copy: string) => exec(copy, `DROP TRIGGER ${name}`) },
    {
      name: `${name} refuses nothing`,
      apply: (copy: string) =>
        exec(copy, `DROP TRIGGER ${name}; ${text.slice(0, text.indexOf('BEGIN'))} BEGIN SELECT 1; END`),
    },
  ])
}

/** The table that a trigger or index is filed under, in other letters: SQLite takes that for the same table. */
const misfiledAs = (name: string, value: string, column = 'tbl_name'): Fault => ({
  name: `${name} is filed under ${value}`,
  apply: (file) => {
    const database = new Database(file)
    database.unsafeMode()
    database.pragma('writable_schema = ON')
    database.prepare(`UPDATE sqlite_master SET ${column} = ? WHERE name = ?`).run(value, name)
    database.close()
  },
})

export const misfiled: readonly Fault[] = [
  misfiledAs('daybook_log_trim', 'Daybook_log'),
  misfiledAs('daybook_log_controls', 'daybook_loG'),
  misfiledAs('daybook_index_todos_title_1', 'Rows_todos'),
  misfiledAs('sqlite_autoindex_rows_todos_1', 'rows_todoS'),
  misfiledAs('sqlite_autoindex_daybook_indexes_2', 'daybook_index'),
  misfiledAs('sqlite_autoindex_daybook_controls_1', 'iodex', 'type'),
  misfiledAs('daybook_log_controls', 'iodex', 'type'),
]

/** Faults of the -wal. */
export function walFaults(withWal: string, count: number, random: Random): Fault[] {
  const size = readFileSync(`${withWal}-wal`).length
  const frame = 4096 + 24
  const at = (name: string, change: (bytes: Buffer) => Buffer): Fault => ({
    name: `-wal: ${name}`,
    apply: (file) => writeFileSync(`${file}-wal`, change(readFileSync(`${file}-wal`))),
  })
  const flipped = (where: number): Fault =>
    at(`bit of byte ${where} flipped`, (bytes) => {
      bytes[where]! ^= 1 << Math.floor(random() * 8)
      return bytes
    })
  return [
    ...Array.from({ length: 32 }, (_, byte) => flipped(byte)),
    ...Array.from({ length: count }, () => flipped(32 + Math.floor(random() * (size - 32)))),
    // The headers of the last frames: nothing comes behind that would tell.
    ...Array.from({ length: 24 }, (_, byte) => flipped(size - frame + byte)),
    at('garbage', (bytes) => Buffer.from(bytes.map(() => Math.floor(random() * 256)))),
    at('zeros', (bytes) => Buffer.alloc(bytes.length)),
    at('garbage in the middle', (bytes) =>
      Buffer.from(bytes.map((byte, index) => (index > 9000 && index < 9400 ? 7 : byte))),
    ),
  ]
}

/** The -wal ends early: what is left is a whole log that ends earlier, as that of a backup does. */
export function walTruncations(withWal: string): Fault[] {
  const size = readFileSync(`${withWal}-wal`).length
  return [0, 16, 32, 32 + 5 * 4120, 32 + 9 * 4120 + 2000, size - 4120, size - 100].map((length) => ({
    name: `-wal: truncated at ${length}`,
    apply: (file) => truncateSync(`${file}-wal`, length),
  }))
}
