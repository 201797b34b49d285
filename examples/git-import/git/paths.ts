/**
 * A path in git is bytes; a path in a row is text. Almost every path is valid UTF-8 and stays as it is. The others
 * are written as `//` and their bytes percent-encoded: `caf\xE9.txt` becomes `//caf%E9.txt`.
 *
 * No two paths meet: git refuses an empty name in a tree, so no path of its own starts with a slash, and one that did
 * would be escaped too. `pathToBytes` gives the exact bytes back.
 */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function pathFromBytes(bytes: Buffer): string {
  try {
    const text = utf8.decode(bytes)
    return text.startsWith('//') ? escaped(bytes) : text
  } catch {
    return escaped(bytes)
  }
}

export function pathToBytes(path: string): Buffer {
  if (!path.startsWith('//')) return Buffer.from(path)
  return Buffer.from(
    path
      .slice(2)
      .replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

function escaped(bytes: Buffer): string {
  // One latin1 character per byte, so that every byte outside of the plain names can be seen and replaced.
  const plain = bytes.toString('latin1')
  return `//${plain.replace(/[^A-Za-z0-9._/-]/g, (byte) => `%${hexOf(byte)}`)}`
}

function hexOf(byte: string): string {
  return byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
}
