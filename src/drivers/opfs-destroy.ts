/**
 * Removing all folders of a database from the origin private file system. They go one by one: a file that says so comes first and
 * goes last, and whoever finds it finishes the work before the database is opened.
 */

import { removeEntry } from './opfs-files.js'
import { destroyedMarkOf, firstFolder, rootFolder } from './opfs-folders.js'

/** The database is closed, and nobody else may open it meanwhile. */
export async function destroyFolders(name: string): Promise<void> {
  const root = await rootFolder()
  const [first, mark] = [firstFolder(name), destroyedMarkOf(name)]
  await root.getFileHandle(mark, { create: true })
  const ours: string[] = []
  for await (const [entry] of root) {
    if (entry !== mark && (entry === first || entry.startsWith(`${first}@`))) ours.push(entry)
  }
  for (const entry of ours) await removeEntry(root, entry)
  await removeEntry(root, mark)
}
