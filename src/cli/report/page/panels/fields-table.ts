/** The fields of one row before and after, one below the other; what did not change steps back. */

import { h } from '../dom.js'
import type { FieldChange } from '../fields.js'
import { valueElement } from './value.js'

export function fieldsTable(
  changes: readonly FieldChange[],
  { unchanged }: { unchanged: boolean },
): HTMLElement {
  const list = h('dl', { class: 'fields' })
  for (const { name, before, after, changed } of changes) {
    if (!changed && !unchanged) continue
    list.append(
      h('dt', { class: changed ? 'changed' : undefined }, name),
      changed
        ? h(
            'dd',
            { class: 'changed' },
            before && valueElement(before, 'del'),
            before && after && h('span', { class: 'arrow', 'aria-label': 'becomes' }, '→'),
            after && valueElement(after, 'ins'),
          )
        : h('dd', {}, valueElement(after)),
    )
  }
  return list
}
