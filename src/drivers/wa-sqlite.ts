/**
 * SQLite as WebAssembly: wa-sqlite 1.0 and @journeyapps/wa-sqlite 2, in their synchronous builds.
 *
 * The C interface is called directly: the packages' own JavaScript puts a promise around every step, and what is
 * synchronous runs a whole program within one turn. One connection has the database to itself; it is in a worker, and
 * whoever opened it holds the right to (runtime/browser/leader.ts).
 */

import { CannotOpenError } from '../errors.js'
import type { Connection, Driver } from './driver.js'
import { createDriver } from './runner.js'
import type { ConnectionSettings } from './settings.js'
import { classifyError } from './sqlite-errors.js'
import { requireSqlite } from './sqlite-version.js'
import type { SqlRow, SqlValue, Statement } from './statement.js'

/** The part of an Emscripten module that daybook uses; both packages have it. */
export interface SqliteModule {
  readonly HEAPU8: Uint8Array
  readonly HEAP32: Int32Array
  _malloc(size: number): number
  _free(pointer: number): void
  lengthBytesUTF8(text: string): number
  stringToUTF8(text: string, pointer: number, size: number): void
  UTF8ToString(pointer: number): string
  _sqlite3_open_v2(filename: number, database: number, flags: number, vfs: number): number
  _sqlite3_prepare_v2(db: number, sql: number, length: number, statement: number, tail: number): number
  _sqlite3_step(statement: number): number
  _sqlite3_reset(statement: number): number
  _sqlite3_finalize(statement: number): number
  _sqlite3_bind_null(statement: number, index: number): number
  _sqlite3_bind_int(statement: number, index: number, value: number): number
  _sqlite3_bind_double(statement: number, index: number, value: number): number
  _sqlite3_bind_text(statement: number, index: number, text: number, bytes: number, free: number): number
  _sqlite3_column_count(statement: number): number
  _sqlite3_column_name(statement: number, index: number): number
  _sqlite3_column_type(statement: number, index: number): number
  _sqlite3_column_double(statement: number, index: number): number
  _sqlite3_column_text(statement: number, index: number): number
  _sqlite3_column_bytes(statement: number, index: number): number
  _sqlite3_errmsg(db: number): number
  _sqlite3_get_autocommit(db: number): number
  _sqlite3_close(db: number): number
}

/** How each package takes a file system. */
interface Registering {
  readonly registerVFS?: (vfs: object, makeDefault: boolean) => number
  readonly vfs_register?: (vfs: object, makeDefault: boolean) => number
}

/** What has been opened: a module, a database in it, and what ends with it. */
export interface OpenedWasm {
  readonly name: string
  readonly module: SqliteModule
  /** The pointer of the database. */
  readonly db: number
  /** Gives back the files, when the database is closed. */
  readonly close: () => Promise<void> | void
}

/** https://www.sqlite.org/rescode.html */
const ROW = 100
const DONE = 101
/** https://www.sqlite.org/c3ref/c_blob.html */
const INTEGER = 1
const FLOAT = 2
const NULL = 5
/** SQLITE_OPEN_READWRITE and SQLITE_OPEN_CREATE: https://www.sqlite.org/c3ref/c_open_autoproxy.html */
const OPEN = 0x2 | 0x4
/** SQLite makes a copy of its own. */
const TRANSIENT = -1

/** Opens a database in a file system, or in memory; answers its pointer.
 *
 * @throws CannotOpenError
 */
export function openDatabase(
  module: SqliteModule,
  filename: string,
  vfs?: { readonly name: string },
): number {
  const { registerVFS, vfs_register: register = registerVFS } = module as Registering
  if (vfs !== undefined) register?.call(module, vfs, false)
  const [file, system] = [textOf(module, filename), vfs === undefined ? 0 : textOf(module, vfs.name)]
  const out = module._malloc(8)
  const code = module._sqlite3_open_v2(file, out, OPEN, system)
  const database = module.HEAP32[out >> 2] as number
  for (const pointer of [file, system, out]) module._free(pointer)
  if (code === 0) return database
  const message = module.UTF8ToString(module._sqlite3_errmsg(database))
  module._sqlite3_close(database)
  throw new CannotOpenError(`SQLite cannot open ${filename}: ${message} (${code}).`)
}

/** A copy of a text in the module's memory, which whoever asked for it frees. */
function textOf(module: SqliteModule, text: string): number {
  const size = module.lengthBytesUTF8(text) + 1
  const pointer = module._malloc(size)
  module.stringToUTF8(text, pointer, size)
  return pointer
}

/** A driver on a database that is open, set up as daybook needs it.
 *
 * @throws CannotOpenError, NotADatabaseError, CorruptFileError, SqliteTooOldError; the database is closed then
 */
export const waSqliteDriver = async (opened: OpenedWasm, settings: ConnectionSettings): Promise<Driver> =>
  createDriver(await connectWaSqlite(opened, settings), settings)

/** The connection of such a driver, for whoever puts something between the two: a fault, a counter. */
export async function connectWaSqlite(opened: OpenedWasm, settings: ConnectionSettings): Promise<Connection> {
  const database = new WasmDatabase(opened)
  try {
    // Before anything that may read the file: without shared memory WAL is only possible for a connection that is alone.
    database.run('PRAGMA locking_mode = EXCLUSIVE')
    const [version] = database.run('SELECT sqlite_version() AS version')
    requireSqlite(String(version?.version))
    setUp(database, settings)
    return connect(opened, database, String(version?.version))
  } catch (error) {
    await database.close()
    throw classifyError(error)
  }
}

function setUp(database: WasmDatabase, { durability }: ConnectionSettings): void {
  database.run('PRAGMA trusted_schema = OFF')
  // A temporary file would take the place of one of the few files that there are.
  database.run('PRAGMA temp_store = MEMORY')
  // Counts only before the first table.
  database.run('PRAGMA auto_vacuum = INCREMENTAL')
  const [mode] = database.run('PRAGMA journal_mode = WAL')
  const isKept = mode?.journal_mode === 'wal' || mode?.journal_mode === 'memory'
  if (!isKept) throw new CannotOpenError(`SQLite refuses WAL (it uses ${String(mode?.journal_mode)}).`)
  database.run(`PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
}

// Nobody else reaches this database, so there is no token of changes.
const connect = ({ name, module, db }: OpenedWasm, database: WasmDatabase, version: string): Connection => ({
  name,
  sqliteVersion: version,
  readonly: false,
  inTransaction: () => module._sqlite3_get_autocommit(db) === 0,
  execute: (statement, parameters) => database.execute(statement, parameters),
  close: () => database.close(),
})

interface Prepared {
  readonly pointer: number
  readonly columns: readonly string[]
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The C interface, for positional parameters and rows by column name. */
class WasmDatabase {
  readonly #opened: OpenedWasm
  readonly #module: SqliteModule
  readonly #prepared = new WeakMap<Statement, Prepared>()
  /** Every prepared statement: SQLite closes a database only when they are gone. */
  readonly #statements = new Set<number>()
  /** Where SQLite writes a pointer. */
  readonly #out: number
  #closed = false

  constructor(opened: OpenedWasm) {
    this.#opened = opened
    this.#module = opened.module
    this.#out = this.#module._malloc(8)
  }

  /** Runs one statement once. */
  run(sql: string): readonly SqlRow[] {
    const prepared = this.#prepare(sql)
    try {
      return this.#rows(prepared, [])
    } finally {
      this.#finalize(prepared.pointer)
    }
  }

  execute(statement: Statement, parameters: readonly SqlValue[]): readonly SqlRow[] {
    if (this.#closed) throw new CannotOpenError('The database is closed.')
    let prepared = this.#prepared.get(statement)
    if (prepared === undefined) {
      prepared = this.#prepare(statement.sql)
      this.#prepared.set(statement, prepared)
    }
    return this.#rows(prepared, parameters)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      for (const pointer of this.#statements) this.#module._sqlite3_finalize(pointer)
      this.#module._sqlite3_close(this.#opened.db)
      this.#module._free(this.#out)
    } finally {
      // Also where the module has come to a bad end: somebody waits for the files.
      await this.#opened.close()
    }
  }

  #rows({ pointer, columns }: Prepared, parameters: readonly SqlValue[]): readonly SqlRow[] {
    const module = this.#module
    const rows: SqlRow[] = []
    try {
      for (let index = 0; index < parameters.length; index++) {
        this.#bind(pointer, index + 1, parameters[index] as SqlValue)
      }
      for (;;) {
        const code = module._sqlite3_step(pointer)
        if (code === DONE) return rows
        if (code !== ROW) this.#fail(code)
        const row: Record<string, unknown> = {}
        for (let index = 0; index < columns.length; index++) {
          row[columns[index] as string] = this.#value(pointer, index)
        }
        rows.push(row)
      }
    } finally {
      // Answers with the error of the step once more; it was thrown already.
      module._sqlite3_reset(pointer)
    }
  }

  #bind(pointer: number, index: number, value: SqlValue): void {
    const module = this.#module
    let code: number
    if (value === null) code = module._sqlite3_bind_null(pointer, index)
    else if (typeof value === 'string') {
      const bytes = module.lengthBytesUTF8(value)
      const text = module._malloc(bytes + 1)
      module.stringToUTF8(value, text, bytes + 1)
      code = module._sqlite3_bind_text(pointer, index, text, bytes, TRANSIENT)
      module._free(text)
    } else if (value === (value | 0) && !Object.is(value, -0)) {
      code = module._sqlite3_bind_int(pointer, index, value)
    } else {
      // Larger whole numbers: a column of integers makes integers of them again, exact up to 2 ** 53.
      code = module._sqlite3_bind_double(pointer, index, value)
    }
    if (code !== 0) this.#fail(code)
  }

  #value(pointer: number, index: number): SqlValue {
    const module = this.#module
    switch (module._sqlite3_column_type(pointer, index)) {
      case NULL:
        return null
      case INTEGER:
      case FLOAT:
        return module._sqlite3_column_double(pointer, index)
      default: {
        const text = module._sqlite3_column_text(pointer, index)
        return decoder.decode(
          module.HEAPU8.subarray(text, text + module._sqlite3_column_bytes(pointer, index)),
        )
      }
    }
  }

  #prepare(sql: string): Prepared {
    const module = this.#module
    const bytes = module.lengthBytesUTF8(sql)
    const text = module._malloc(bytes + 1)
    module.stringToUTF8(sql, text, bytes + 1)
    const code = module._sqlite3_prepare_v2(this.#opened.db, text, bytes, this.#out, 0)
    module._free(text)
    if (code !== 0) this.#fail(code)
    const pointer = module.HEAP32[this.#out >> 2] as number
    this.#statements.add(pointer)
    const count = module._sqlite3_column_count(pointer)
    const columns = Array.from({ length: count }, (_, index) =>
      module.UTF8ToString(module._sqlite3_column_name(pointer, index)),
    )
    return { pointer, columns }
  }

  #finalize(pointer: number): void {
    this.#module._sqlite3_finalize(pointer)
    this.#statements.delete(pointer)
  }

  #fail(code: number): never {
    const message = this.#module.UTF8ToString(this.#module._sqlite3_errmsg(this.#opened.db))
    throw Object.assign(new Error(message), { errcode: code })
  }
}
