/** A value as an element. */

import { h } from '../dom.js'
import type { ShownValue } from '../value-text.js'

/** More of a value than this is no help. */
const LONG = 2000

export function valueElement(
  value: ShownValue | undefined,
  name: 'span' | 'del' | 'ins' = 'span',
): HTMLElement {
  if (value === undefined) return h(name, { class: 'value absent' }, '–')
  const { text, kind } = value
  if (text === '' && kind === 'text') return h(name, { class: 'value word' }, "''")
  const cut =
    text.length > LONG ? `${text.slice(0, LONG)}… (${text.length.toLocaleString('en-US')} characters)` : text
  return h(name, { class: `value ${kind}` }, cut)
}
