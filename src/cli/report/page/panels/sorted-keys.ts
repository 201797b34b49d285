/** Keys in the order in which people look for them: numbers by size, then texts, with numbers inside them by size too. */

import { decodeKey } from '../../../../values/decode-key.js'

const collator = new Intl.Collator('en', { numeric: true })

/** Beyond this, the order of a dictionary costs more than it helps: text by its code units. */
const MANY = 5000

export function sortedKeys(keys: Iterable<string>): string[] {
  const decoded = Array.from(keys, (text) => ({ text, key: decodeKey(text) }))
  const compare =
    decoded.length > MANY
      ? (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
      : collator.compare.bind(collator)
  decoded.sort(({ key: a }, { key: b }) => {
    if (typeof a === 'number') return typeof b === 'number' ? a - b : -1
    return typeof b === 'number' ? 1 : compare(a, b)
  })
  return decoded.map(({ text }) => text)
}
