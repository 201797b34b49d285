/**
 * Files of the origin private file system as a worker reaches them, byte by byte.
 */

import { StorageFullError } from '../errors.js'

/** FileSystemSyncAccessHandle: https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle */
export interface OpfsFile {
  read(into: Uint8Array, options: { readonly at: number }): number
  write(from: Uint8Array, options: { readonly at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}

export type Folder = FileSystemDirectoryHandle & AsyncIterable<[name: string, handle: FileSystemHandle]>

/** The folder of this origin that has all others. */
export const rootFolder = (): Promise<Folder> => navigator.storage.getDirectory() as Promise<Folder>

/** Opens a file, which is made where there is none. */
export async function openFile(folder: Folder, name: string): Promise<OpfsFile> {
  const handle = await folder.getFileHandle(name, { create: true })
  return (handle as unknown as { createSyncAccessHandle(): Promise<OpfsFile> }).createSyncAccessHandle()
}

/** How long files that a worker held which has just ended are waited for, in ms, and how often they are tried. */
const PATIENCE = 5000
const TRY_AGAIN = 20

/** Removes a file, or a folder with all that is in it; nothing where there is none. */
export async function removeEntry(folder: Folder, name: string): Promise<void> {
  const giveUp = performance.now() + PATIENCE
  for (;;) {
    try {
      await folder.removeEntry(name, { recursive: true })
      return
    } catch (error) {
      const { name: reason } = error as Partial<DOMException>
      if (reason === 'NotFoundError') return
      if (reason !== 'NoModificationAllowedError' || performance.now() > giveUp) throw error
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN))
    }
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
