/**
 * Opens a database in the origin private file system, through wa-sqlite's AccessHandlePoolVFS.
 *
 * That VFS lets what a file handle throws (QuotaExceededError) fly through SQLite; here it becomes a result code, and a
 * full disk a full disk.
 */

import { BusyError, StorageUnavailableError } from '../errors.js'
import { aMoment, isInUse, whenFree } from './opfs-patience.js'
import { checkPool } from './opfs-pool-header.js'
import { type OpenedWasm, openDatabase, type SqliteModule } from './wa-sqlite.js'

interface Vfs {
  readonly name: string
  readonly isReady: Promise<unknown> | (() => Promise<unknown>)
  getCapacity(): number
  addCapacity(count: number): Promise<number>
  close(): Promise<void> | void
}
type VfsClass = new (directory: string, module: SqliteModule) => Vfs

/** A wa-sqlite package, as a worker imports it. */
export interface WaSqlite {
  readonly name: string
  /** `dist/wa-sqlite.mjs` */
  readonly createModule: () => Promise<SqliteModule>
  /** `src/examples/AccessHandlePoolVFS.js` */
  readonly AccessHandlePoolVFS: unknown
}

const FULL = 13
/** The methods that touch a file, and the result code of each when the file system fails. */
const GUARDED: Readonly<Record<string, number>> = {
  Read: 266,
  Write: 778,
  Sync: 1034,
  Truncate: 1546,
  FileSize: 1802,
  Delete: 2570,
  Close: 4106,
}

/** Files of a pool: a database, its -wal, and what else SQLite may want. */
const CAPACITY = 6

/** What the one database of a folder is called in it. */
export const DATABASE = 'daybook.db'

/**
 * Opens the database in this folder of the origin.
 *
 * @throws BusyError when another context holds its files; StorageUnavailableError when there is no OPFS; CorruptFileError
 */
export async function openOpfs(
  { name: binding, createModule, AccessHandlePoolVFS }: WaSqlite,
  folder: string,
): Promise<OpenedWasm> {
  if (
    typeof FileSystemFileHandle === 'undefined' ||
    !('createSyncAccessHandle' in FileSystemFileHandle.prototype)
  ) {
    throw new StorageUnavailableError('OPFS')
  }
  const [module] = await Promise.all([createModule(), whenFree(() => checkPool(folder))])
  const vfs = await openPool(guarded(AccessHandlePoolVFS as VfsClass), folder, module)
  try {
    const db = openDatabase(module, DATABASE, vfs)
    return { name: binding, module, db, close: () => vfs.close() }
  } catch (error) {
    await vfs.close()
    throw error
  }
}

/** Opens a database that is gone with its worker. */
export async function openMemory({
  name,
  createModule,
}: Omit<WaSqlite, 'AccessHandlePoolVFS'>): Promise<OpenedWasm> {
  const module = await createModule()
  const db = openDatabase(module, ':memory:')
  return { name: `${name} (memory)`, module, db, close: () => undefined }
}

async function openPool(Pool: VfsClass, folder: string, module: SqliteModule): Promise<Vfs> {
  try {
    return await whenFree(() => tryPool(Pool, folder, module))
  } catch (cause) {
    if (!isInUse(cause)) throw cause
    throw new BusyError(
      'Another context holds the files of this database and does not lead it. Close other tabs of this app.',
      { cause },
    )
  }
}

async function tryPool(Pool: VfsClass, folder: string, module: SqliteModule): Promise<Vfs> {
  const vfs = new Pool(folder, module)
  try {
    await (typeof vfs.isReady === 'function' ? vfs.isReady() : vfs.isReady)
    // One that was killed while it made the folder has left fewer.
    const missing = CAPACITY - vfs.getCapacity()
    if (missing > 0) await vfs.addCapacity(missing)
    return vfs
  } catch (error) {
    // It opens its files side by side: by then also those behind the one that failed.
    await aMoment()
    await vfs.close()
    throw error
  }
}

type Method = (...args: unknown[]) => number

function guarded(Pool: VfsClass): VfsClass {
  const Guarded = class extends Pool {}
  for (const [method, failed] of Object.entries(GUARDED)) {
    // The packages call them `xRead` and `jRead`.
    for (const name of [`x${method}`, `j${method}`]) {
      const own = Object.getOwnPropertyDescriptor(Pool.prototype, name)?.value as Method | undefined
      if (own === undefined) continue
      Object.defineProperty(Guarded.prototype, name, {
        value(this: Vfs, ...args: unknown[]): number {
          try {
            return own.apply(this, args)
          } catch (error) {
            return (error as Partial<DOMException>).name === 'QuotaExceededError' ? FULL : failed
          }
        },
      })
    }
  }
  return Guarded
}
