/** A row in two states, one beside the other. */

import type { DiffRow } from '../../model.js'
import { h } from '../dom.js'
import { fieldChanges } from '../fields.js'
import { keyText } from '../value-text.js'
import { valueElement } from './value.js'

export function sideBySide(row: DiffRow, from: string, to: string): HTMLElement[] {
  const table = h('div', { class: 'sides' })
  table.append(
    h('span', { class: 'side-head' }, 'field'),
    h('span', { class: 'side-head' }, from),
    h('span', { class: 'side-head' }, to),
  )
  for (const { name, before, after, changed } of fieldChanges(row.before, row.after)) {
    const state = changed ? 'changed' : 'same'
    table.append(
      h('span', { class: `side-name ${state}` }, name),
      h('span', { class: `side was ${state}` }, valueElement(before)),
      h('span', { class: `side is ${state}` }, valueElement(after)),
    )
  }
  const title = h('h2', {}, `${row.collection} `, h('span', { class: 'place' }, keyText(row.key)))
  return [h('header', {}, title), h('div', { class: 'scroller' }, table)]
}
