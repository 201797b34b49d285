/**
 * Base64 (RFC 4648, padded). The newest engines have it; Buffer, btoa and atob are missing in one or the other of the
 * rest, and none of these takes bytes everywhere, so the fallback is our own.
 */

type Native = { toBase64?: () => string }
type NativeConstructor = {
  fromBase64?: (text: string, options: { lastChunkHandling: 'strict' }) => Uint8Array<ArrayBuffer>
}

export const toBase64 = (bytes: Uint8Array): string => (bytes as Native).toBase64?.() ?? write(bytes)

/** @throws Error where the text is not base64 */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  (Uint8Array as NativeConstructor).fromBase64?.(text, { lastChunkHandling: 'strict' }) ?? read(text)

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const CODES = Uint8Array.from(ALPHABET, (char) => char.charCodeAt(0))
const PADDING = '='.charCodeAt(0)

/** String.fromCharCode takes its codes as arguments, and engines take some ten thousand of those. */
const CHUNK = 3 * 2048

const write = (bytes: Uint8Array): string => {
  let text = ''
  for (let start = 0; start < bytes.length; start += CHUNK) {
    const codes = codesOf(bytes.subarray(start, start + CHUNK))
    text += Reflect.apply(String.fromCharCode, undefined, codes) // Spreading them takes five times as long.
  }
  return text
}

const codesOf = (bytes: Uint8Array): Uint8Array => {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const bits = (bytes[from]! << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0)
    codes[to] = CODES[bits >> 18]!
    codes[to + 1] = CODES[(bits >> 12) & 63]!
    codes[to + 2] = CODES[(bits >> 6) & 63]!
    codes[to + 3] = CODES[bits & 63]!
  }
  const missing = (3 - (bytes.length % 3)) % 3
  return missing === 0 ? codes : codes.fill(PADDING, -missing)
}

const INVALID = 64
const VALUES = new Uint8Array(128).fill(INVALID)
CODES.forEach((code, value) => {
  VALUES[code] = value
})

const read = (text: string): Uint8Array<ArrayBuffer> => {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (text.length % 4 !== 0) throw new Error('the base64 text is cut off')
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  const end = text.length - padding
  for (let from = 0, to = 0; from < end; from += 4, to += 3) {
    const bits =
      (valueAt(text, from, end) << 18) |
      (valueAt(text, from + 1, end) << 12) |
      (valueAt(text, from + 2, end) << 6) |
      valueAt(text, from + 3, end)
    bytes[to] = bits >> 16
    bytes[to + 1] = bits >> 8 // A typed array takes the lowest eight bits, and nothing after its end.
    bytes[to + 2] = bits
  }
  return bytes
}

const valueAt = (text: string, index: number, end: number): number => {
  if (index >= end) return 0
  const value = VALUES[text.charCodeAt(index)] ?? INVALID
  if (value === INVALID) throw new Error(`the base64 text has no such character (at ${index})`)
  return value
}
