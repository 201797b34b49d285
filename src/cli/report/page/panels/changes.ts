/** What an entry does, as coloured words: `todos +3 ~1 −2`. */

import type { Timeline } from '../../model.js'
import { h } from '../dom.js'
import type { Shown } from '../entries.js'
import { plain } from '../words.js'

export function changesElement({ collections }: Timeline, entry: Shown): HTMLElement {
  if (entry.damage !== undefined) return h('span', { class: 'changes damage' }, `damaged: ${entry.damage}`)
  if (entry.changes.length === 0) {
    return h(
      'span',
      { class: 'changes quiet' },
      entry.kind === 'term' ? `term ${entry.term} begins` : entry.kind,
    )
  }
  const element = h('span', { class: 'changes' })
  if (entry.kind !== 'tx') element.append(h('span', { class: 'kind' }, entry.kind))
  for (const [collection, puts, patches, deletes, other] of entry.changes) {
    element.append(
      h(
        'span',
        { class: 'change' },
        collections[collection],
        puts > 0 && h('b', { class: 'put' }, `+${plain(puts)}`),
        patches > 0 && h('b', { class: 'patch' }, `~${plain(patches)}`),
        deletes > 0 && h('b', { class: 'delete' }, `−${plain(deletes)}`),
        other > 0 && entry.kind === 'tx' && h('b', { class: 'other' }, `·${plain(other)}`),
      ),
    )
  }
  return element
}

/** The same without colours. */
export const changesText = (timeline: Timeline, entry: Shown): string =>
  Array.from(changesElement(timeline, entry).childNodes, (node) =>
    node instanceof Element && node.children.length > 0
      ? Array.from(node.childNodes, (part) => part.textContent).join(' ')
      : (node.textContent ?? ''),
  ).join(', ')
