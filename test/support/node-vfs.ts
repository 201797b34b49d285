/** Real files for wa-sqlite on Node, as the browser's pool has them: synchronous, and one connection for each file. */

import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import * as VFS from 'wa-sqlite/src/VFS.js'

interface OpenFile {
  readonly path: string
  readonly descriptor: number
  readonly flags: number
}

/** The arguments are those of SQLite's own file methods: https://www.sqlite.org/c3ref/io_methods.html */
// What the package declares of a VFS's methods is not what it calls them with.
const Base = VFS.Base as unknown as new () => object

export class NodeVfs extends Base {
  readonly name = 'node-files'
  readonly #files = new Map<number, OpenFile>()

  xOpen(name: string | null, file: number, flags: number, out: DataView): number {
    if (name === null) return VFS.SQLITE_CANTOPEN
    try {
      const isNew = !existsSync(name)
      if (isNew && (flags & VFS.SQLITE_OPEN_CREATE) === 0) return VFS.SQLITE_CANTOPEN
      this.#files.set(file, { path: name, descriptor: openSync(name, isNew ? 'w+' : 'r+'), flags })
      out.setInt32(0, flags, true)
      return VFS.SQLITE_OK
    } catch {
      return VFS.SQLITE_CANTOPEN
    }
  }

  xClose(file: number): number {
    const { path, descriptor, flags } = this.#file(file)
    closeSync(descriptor)
    this.#files.delete(file)
    if ((flags & VFS.SQLITE_OPEN_DELETEONCLOSE) !== 0) rmSync(path)
    return VFS.SQLITE_OK
  }

  xRead(file: number, data: Uint8Array, offset: number): number {
    const read = readSync(this.#file(file).descriptor, data, 0, data.byteLength, offset)
    if (read === data.byteLength) return VFS.SQLITE_OK
    data.fill(0, read)
    return VFS.SQLITE_IOERR_SHORT_READ
  }

  xWrite(file: number, data: Uint8Array, offset: number): number {
    writeSync(this.#file(file).descriptor, data, 0, data.byteLength, offset)
    return VFS.SQLITE_OK
  }

  xTruncate(file: number, size: number): number {
    ftruncateSync(this.#file(file).descriptor, size)
    return VFS.SQLITE_OK
  }

  xSync(file: number): number {
    fsyncSync(this.#file(file).descriptor)
    return VFS.SQLITE_OK
  }

  xFileSize(file: number, out: DataView): number {
    out.setBigInt64(0, BigInt(fstatSync(this.#file(file).descriptor).size), true)
    return VFS.SQLITE_OK
  }

  xAccess(name: string, _flags: number, out: DataView): number {
    out.setInt32(0, existsSync(name) ? 1 : 0, true)
    return VFS.SQLITE_OK
  }

  xDelete(name: string): number {
    rmSync(name, { force: true })
    return VFS.SQLITE_OK
  }

  #file(file: number): OpenFile {
    return this.#files.get(file) as OpenFile
  }
}
