/** One row at the chosen entry, field by field: what that entry changed, and since when each field is as it is. */

import { encodeKey } from '../../../../values/key.js'
import type { HistoryModel } from '../../model.js'
import { h } from '../dom.js'
import { entryAt, positionOf } from '../entries.js'
import { fieldChanges } from '../fields.js'
import type { RowsAt } from '../rows-at.js'
import { keyText } from '../value-text.js'
import { fieldsTable } from './fields-table.js'

export class RowPanel {
  readonly element = h('section', { class: 'panel row-panel', 'aria-label': 'Row' })
  readonly #rows: RowsAt
  readonly #model: HistoryModel

  constructor(rows: RowsAt, model: HistoryModel) {
    this.#rows = rows
    this.#model = model
  }

  show(index: number): void {
    const { collection } = this.#model
    const key = encodeKey(this.#model.key)
    const title = h(
      'header',
      {},
      h('h2', {}, `${collection} `, h('span', { class: 'place' }, keyText(this.#model.key))),
    )
    if (!this.#rows.knows(index)) {
      this.element.replaceChildren(
        title,
        h('p', { class: 'empty' }, 'The ops of this entry did not fit into this page.'),
      )
      return
    }
    const now = this.#rows.at(index).get(collection)?.byKey.get(key)
    const change = this.#rows
      .changesAt(index)
      .find((each) => each.key === key && each.collection === collection)
    const fields = fieldChanges(change === undefined ? now?.value : change.before?.value, now?.value)
    const state =
      now === undefined ? (change === undefined ? 'There is no such row.' : 'This entry deleted it.') : ''
    const written = now && this.#model.entries.findIndex(([seq]) => seq === now.seq)
    const by =
      written === undefined || written === -1
        ? ''
        : `last written by ${positionOf(entryAt(this.#model, written))}`
    this.element.replaceChildren(
      title,
      h(
        'div',
        { class: 'scroller' },
        h('p', { class: 'quiet' }, state || by),
        fieldsTable(fields, { unchanged: true }),
      ),
    )
  }
}
