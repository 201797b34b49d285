/**
 * In which folder of the origin private file system the database of a name lies.
 *
 * Its first folder has its name. Where a damaged database was set aside, a note beside it names the folders that came
 * after it, a line each, and the last whole line counts: a note that was cut short while it was written changes nothing.
 * No encoded name has an `@`.
 */

export type Folder = FileSystemDirectoryHandle & AsyncIterable<[name: string, handle: FileSystemHandle]>

/** The folder of this origin that has all others. */
export const rootFolder = (): Promise<Folder> => navigator.storage.getDirectory() as Promise<Folder>

/** The first folder of a database. */
export const firstFolder = (name: string): string => `daybook-${encodeURIComponent(name)}`

/** The name of the note. */
export const noteOf = (name: string): string => `${firstFolder(name)}@folders`

/** The name of a file that stands for as long as the database is being destroyed (opfs-destroy.ts). */
export const destroyedMarkOf = (name: string): string => `${firstFolder(name)}@destroyed`

/** Whether somebody has begun to destroy the database, and has not finished. */
export async function isBeingDestroyed(name: string): Promise<boolean> {
  try {
    await (await rootFolder()).getFileHandle(destroyedMarkOf(name))
    return true
  } catch (error) {
    if ((error as Partial<DOMException>).name !== 'NotFoundError') throw error
    return false
  }
}

/** The text of a file of the origin; empty where there is none. */
export async function textOf(file: string): Promise<string> {
  try {
    const root = await rootFolder()
    return await (await (await root.getFileHandle(file)).getFile()).text()
  } catch (error) {
    if ((error as Partial<DOMException>).name !== 'NotFoundError') throw error
    return ''
  }
}

/** The folders that the database has had, oldest first. */
export const foldersOf = async (name: string): Promise<readonly string[]> => [
  firstFolder(name),
  ...(await textOf(noteOf(name))).split('\n').slice(0, -1),
]

/** The folder that has the database now. */
export const currentFolder = async (name: string): Promise<string> => (await foldersOf(name)).at(-1) as string
