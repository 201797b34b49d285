/** wa-sqlite on virtual disks: one module for all of them, and a connection that can be killed. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Connection } from '../../drivers/driver.js'
import type { ConnectionSettings } from '../../drivers/settings.js'
import { connectWaSqlite, openDatabase, type SqliteModule } from '../../drivers/wa-sqlite.js'
import type { VirtualDisk } from './virtual-disk.js'

/** https://www.sqlite.org/rescode.html */
const OK = 0
const IOERR = 10
const NOT_FOUND = 12
const CANNOT_OPEN = 14
const SHORT_READ = 522
/** https://www.sqlite.org/c3ref/c_open_autoproxy.html */
const CREATE = 0x4
const DELETE_ON_CLOSE = 0x8

const FILE = 'daybook.db'

interface Client {
  readonly disk: VirtualDisk
  isDead: boolean
}

interface OpenFile {
  readonly client: Client
  readonly name: string
  readonly flags: number
}

/** The methods are SQLite's own: https://www.sqlite.org/c3ref/io_methods.html */
class DiskVfs {
  readonly name = 'virtual-disks'
  readonly #clients = new Map<string, Client>()
  readonly #files = new Map<number, OpenFile>()
  #last = 0

  /** The path under which a new client finds the files of a disk. */
  connect(disk: VirtualDisk): { readonly path: string; readonly client: Client } {
    const id = String(++this.#last)
    const client: Client = { disk, isDead: false }
    this.#clients.set(id, client)
    return { path: `${id}/${FILE}`, client }
  }

  forget(path: string): void {
    this.#clients.delete(path.slice(0, path.indexOf('/')))
  }

  xOpen(path: string | null, file: number, flags: number, out: DataView): number {
    const found = path === null ? undefined : this.#find(path)
    if (found === undefined || found.client.isDead) return CANNOT_OPEN
    const { client, name } = found
    if (!client.disk.has(name)) {
      if ((flags & CREATE) === 0) return CANNOT_OPEN
      client.disk.create(name)
    }
    this.#files.set(file, { client, name, flags })
    out.setInt32(0, flags, true)
    return OK
  }

  xClose(file: number): number {
    const { client, name, flags } = this.#open(file)
    this.#files.delete(file)
    if ((flags & DELETE_ON_CLOSE) !== 0 && !client.isDead) client.disk.delete(name)
    return OK
  }

  xRead(file: number, data: Uint8Array, offset: number): number {
    const { client, name } = this.#open(file)
    if (client.isDead) return IOERR
    const read = client.disk.read(name, data, offset)
    if (read === data.byteLength) return OK
    data.fill(0, read)
    return SHORT_READ
  }

  xWrite(file: number, data: Uint8Array, offset: number): number {
    return this.#change(file, ({ disk }, name) => disk.change(name, { offset, data: data.slice() }))
  }

  xTruncate(file: number, size: number): number {
    return this.#change(file, ({ disk }, name) => disk.change(name, { size }))
  }

  xSync(file: number): number {
    return this.#change(file, ({ disk }, name) => disk.sync(name))
  }

  xFileSize(file: number, out: DataView): number {
    const { client, name } = this.#open(file)
    out.setBigInt64(0, BigInt(client.disk.size(name)), true)
    return OK
  }

  xAccess(path: string, _flags: number, out: DataView): number {
    const found = this.#find(path)
    out.setInt32(0, found?.client.disk.has(found.name) === true ? 1 : 0, true)
    return OK
  }

  xDelete(path: string): number {
    const found = this.#find(path)
    if (found === undefined || found.client.isDead) return IOERR
    return found.client.disk.delete(found.name) ? OK : IOERR
  }

  xCheckReservedLock(_file: number, out: DataView): number {
    out.setInt32(0, 0, true)
    return OK
  }

  readonly xLock = (): number => OK
  readonly xUnlock = (): number => OK
  readonly xFileControl = (): number => NOT_FOUND
  readonly xSectorSize = (): number => 512
  readonly xDeviceCharacteristics = (): number => 0

  #change(file: number, change: (client: Client, name: string) => boolean): number {
    const { client, name } = this.#open(file)
    return !client.isDead && change(client, name) ? OK : IOERR
  }

  #open(file: number): OpenFile {
    return this.#files.get(file) as OpenFile
  }

  #find(path: string): { client: Client; name: string } | undefined {
    const slash = path.indexOf('/')
    const client = this.#clients.get(path.slice(0, slash))
    return client && { client, name: path.slice(slash + 1) }
  }
}

/** A connection to a disk, and a way to end it as a kill would. */
export interface DiskConnection {
  readonly connection: Connection
  kill(): void
}

let loading: Promise<{ module: SqliteModule; vfs: DiskVfs }> | undefined

async function load(): Promise<{ module: SqliteModule; vfs: DiskVfs }> {
  const { default: createModule } = (await import('wa-sqlite/dist/wa-sqlite.mjs')) as unknown as {
    default: (options: object) => Promise<SqliteModule>
  }
  const wasmBinary = readFileSync(createRequire(import.meta.url).resolve('wa-sqlite/dist/wa-sqlite.wasm'))
  const module = await createModule({ wasmBinary })
  const vfs = new DiskVfs()
  ;(module as unknown as { registerVFS(vfs: object, makeDefault: boolean): number }).registerVFS(vfs, false)
  // It is registered once; opening a database would do it again.
  return { module: Object.create(module, { registerVFS: { value: () => OK } }) as SqliteModule, vfs }
}

/** Loads what disks need. It takes real time, and virtual time would not wait for it. */
export async function loadDisks(): Promise<void> {
  loading ??= load()
  await loading
}

/** Opens the database of a disk; nobody else may have it open, and alive. */
export async function openDisk(disk: VirtualDisk, settings: ConnectionSettings): Promise<DiskConnection> {
  loading ??= load()
  const { module, vfs } = await loading
  const { path, client } = vfs.connect(disk)
  const db = openDatabase(module, path, vfs)
  const close = (): void => vfs.forget(path)
  const connection = await connectWaSqlite({ name: 'wa-sqlite', module, db, close }, settings)
  return {
    connection,
    kill: () => {
      client.isDead = true
      void connection.close()
    },
  }
}
