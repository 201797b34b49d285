/**
 * Files of the origin private file system as a worker reaches them, byte by byte.
 */

import { StorageFullError } from '../errors.js'
import type { Folder } from './opfs-folders.js'
import { whenFree } from './opfs-patience.js'

/** FileSystemSyncAccessHandle: https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle */
export interface OpfsFile {
  read(into: Uint8Array, options: { readonly at: number }): number
  write(from: Uint8Array, options: { readonly at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}

/** Opens a file, which is made where there is none. */
export async function openFile(folder: Folder, name: string): Promise<OpfsFile> {
  const handle = await folder.getFileHandle(name, { create: true })
  return (handle as unknown as { createSyncAccessHandle(): Promise<OpfsFile> }).createSyncAccessHandle()
}

/** Removes a file, or a folder with all that is in it; nothing where there is none. */
export async function removeEntry(folder: Folder, name: string): Promise<void> {
  try {
    await whenFree(() => folder.removeEntry(name, { recursive: true }))
  } catch (error) {
    if ((error as Partial<DOMException>).name !== 'NotFoundError') throw error
  }
}

/** Writes all of it.
 *
 * @throws StorageFullError
 */
export function writeAll(file: OpfsFile, bytes: Uint8Array, at: number): void {
  let written: number
  try {
    written = file.write(bytes, { at })
  } catch (cause) {
    throw (cause as Partial<DOMException>).name === 'QuotaExceededError'
      ? new StorageFullError({ cause })
      : cause
  }
  if (written < bytes.length) throw new StorageFullError({ cause: new Error('not all of it was written') })
}

/** Copied at a time, in bytes. */
const PIECE = 1 << 20

/** Copies the files of one folder into another; `look` is given each copy. */
export async function copyFiles(from: Folder, to: Folder, look: (copy: OpfsFile) => void): Promise<void> {
  const piece = new Uint8Array(PIECE)
  for await (const [name] of from) {
    const source = await openFile(from, name)
    try {
      const copy = await openFile(to, name)
      try {
        for (let at = 0; at < source.getSize(); at += PIECE) {
          writeAll(copy, piece.subarray(0, source.read(piece, { at })), at)
        }
        look(copy)
        copy.flush()
      } finally {
        copy.close()
      }
    } finally {
      source.close()
    }
  }
}
