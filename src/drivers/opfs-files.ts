/**
 * Files of the origin private file system as a worker reaches them, byte by byte, and how AccessHandlePoolVFS keeps the
 * files of a database in them: under names of its own, each behind a header of one sector that begins with the path.
 */

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

/** Removes a file, or a folder with all that is in it; nothing where there is none. */
export async function removeEntry(folder: Folder, name: string): Promise<void> {
  try {
    await folder.removeEntry(name, { recursive: true })
  } catch (error) {
    if ((error as Partial<DOMException>).name !== 'NotFoundError') throw error
  }
}

/** Copied at a time, in bytes. */
const PIECE = 1 << 20

/** Copies the files of one folder into another; `look` is given each copy. */
export async function copyFiles(from: Folder, to: Folder, look: (copy: OpfsFile) => void): Promise<void> {
  const piece = new Uint8Array(PIECE)
  for await (const [name] of from) {
    const [source, copy] = [await openFile(from, name), await openFile(to, name)]
    try {
      for (let at = 0; at < source.getSize(); at += PIECE) {
        copy.write(piece.subarray(0, source.read(piece, { at })), { at })
      }
      look(copy)
      copy.flush()
    } finally {
      source.close()
      copy.close()
    }
  }
}

/** What the pool's own header takes, in bytes. */
export const POOL_HEADER = 4096

/** The path of a pool's file. */
export function pathOf(file: OpfsFile): string {
  const header = new Uint8Array(512)
  file.read(header, { at: 0 })
  return new TextDecoder().decode(header.subarray(0, header.indexOf(0)))
}
