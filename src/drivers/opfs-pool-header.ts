/**
 * The header that AccessHandlePoolVFS keeps before each of its files, in one sector: the path (512 bytes), flags, and a
 * digest of both (wa-sqlite/src/examples/AccessHandlePoolVFS.js). A file whose header is not in order it takes for a free
 * one, and empties it: so headers are looked at before a pool is opened.
 */

import { CorruptFileError } from '../errors.js'
import { beginsDatabase } from './file-format.js'
import { type Folder, rootFolder } from './opfs-folders.js'

/** What the header takes, in bytes; behind it is what SQLite has written. */
export const POOL_HEADER = 4096

const PATH = 512
const DIGEST = PATH + 4
const END = DIGEST + 8

/** Whether a database begins behind the header. */
export const isDatabase = (head: Uint8Array): boolean => beginsDatabase(head.subarray(POOL_HEADER))

/** Whether the digest is that of the path and the flags. */
export function isInOrder(head: Uint8Array): boolean {
  const digest = digestOf(head.subarray(0, DIGEST))
  return digest.every((byte, index) => head[DIGEST + index] === byte)
}

/** A header, made anew. */
export function headerOf(path: string, flags: number): Uint8Array {
  const head = new Uint8Array(END)
  head.set(new TextEncoder().encode(path))
  new DataView(head.buffer).setUint32(PATH, flags)
  head.set(digestOf(head.subarray(0, DIGEST)), DIGEST)
  return head
}

/** cyrb53 (bryc, public domain: https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js), without its last step. */
function digestOf(bytes: Uint8Array): Uint8Array {
  let [h1, h2] = [0xdeadbeef, 0x41c6ce57]
  for (const byte of bytes) {
    h1 = Math.imul(h1 ^ byte, 2654435761)
    h2 = Math.imul(h2 ^ byte, 1597334677)
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909)
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909)
  // That of a free file is a number of its own.
  const numbers = bytes[0] === 0 ? [0xfecc5f80, 0xaccec037] : [h1, h2]
  return new Uint8Array(Uint32Array.from(numbers, (number) => number >>> 0).buffer)
}

/**
 * Looks at the files of a pool that is not open.
 *
 * @throws CorruptFileError when the pool would empty one that has something to lose
 */
export async function checkPool(folder: string): Promise<void> {
  const files = (await (await rootFolder()).getDirectoryHandle(folder, { create: true })) as Folder
  const looks: Promise<void>[] = []
  for await (const [name, handle] of files) looks.push(checkFile(name, handle as FileSystemFileHandle))
  await Promise.all(looks)
}

async function checkFile(name: string, handle: FileSystemFileHandle): Promise<void> {
  const file = await handle.getFile()
  if (file.size <= POOL_HEADER) return
  const head = new Uint8Array(await file.slice(0, POOL_HEADER + 16).arrayBuffer())
  // One without a path was being removed when its worker ended.
  if (isInOrder(head) || (head[0] === 0 && !isDatabase(head))) return
  throw new CorruptFileError({ cause: new Error(`the header of the file ${name} is damaged`) })
}
