/** One entry: who, when, how large, and each of its ops with what it did to the row. */

import type { StoredOp } from '../../../../log/stored-op.js'
import { encodeKey } from '../../../../values/key.js'
import type { Timeline } from '../../model.js'
import { h } from '../dom.js'
import { entryAt, positionOf } from '../entries.js'
import { fieldChanges } from '../fields.js'
import type { RowChange, RowsAt } from '../rows-at.js'
import { keyText, shownValue } from '../value-text.js'
import { bytes, count, plain, when } from '../words.js'
import { fieldsTable } from './fields-table.js'
import { valueElement } from './value.js'

/** Ops that are shown at first, and with each further click. */
const STEP = 100

export class EntryPanel {
  readonly element = h('section', { class: 'panel entry-panel', 'aria-label': 'Entry' })
  readonly #timeline: Timeline
  readonly #rows: RowsAt

  constructor(timeline: Timeline, rows: RowsAt) {
    this.#timeline = timeline
    this.#rows = rows
  }

  show(index: number): void {
    const entry = entryAt(this.#timeline, index)
    const position = positionOf(entry)
    const body = h('div', { class: 'scroller' })
    this.element.replaceChildren(
      h(
        'header',
        {},
        h('h2', {}, 'Entry ', h('span', { class: 'place' }, position)),
        h('span', { class: `badge kind-${entry.kind}` }, entry.kind),
      ),
      body,
    )
    if (entry.damage !== undefined) body.append(h('p', { class: 'warning' }, `Damaged: ${entry.damage}.`))
    if (entry.kind === 'damaged') return
    const date = new Date(entry.committedAt)
    body.append(
      facts([
        ['committed', when(entry.committedAt), Number.isNaN(date.getTime()) ? '' : date.toISOString()],
        ['transaction', `${entry.origin}:${entry.originSeq}`, ''],
        ['size', bytes(entry.bytes), `${plain(entry.bytes)} bytes`],
      ]),
    )
    const ops = this.#rows.opsOf(index)
    if (ops === undefined) body.append(h('p', { class: 'quiet' }, 'Its ops did not fit into this page.'))
    else this.#list(body, ops, this.#rows.changesAt(index))
  }

  #list(body: HTMLElement, ops: readonly StoredOp[], changes: readonly RowChange[]): void {
    const byRow = new Map(changes.map((change) => [`${change.key} ${change.collection}`, change]))
    const noRow = this.#timeline.trimmed ? 'its row is not known here' : 'there is no such row'
    const list = h('ol', { class: 'ops' })
    const more = h('button', { class: 'more' })
    let shown = 0
    const showMore = () => {
      list.append(...ops.slice(shown, shown + STEP).map((op) => opElement(op, byRow, noRow)))
      shown += STEP
      more.hidden = shown >= ops.length
      more.textContent = `${count(ops.length - shown, 'more op')}`
    }
    more.addEventListener('click', showMore)
    showMore()
    body.append(list, more)
  }
}

function facts(list: readonly (readonly [string, string, string])[]): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    ...list.flatMap(([name, value, title]) => [h('dt', {}, name), h('dd', { title }, value)]),
  )
}

const SIGNS: Readonly<Partial<Record<StoredOp[0], string>>> = { put: '+', patch: '~', delete: '−' }

function opElement(op: StoredOp, changes: ReadonlyMap<string, RowChange>, noRow: string): HTMLElement {
  const [name, collection] = op
  const sign = h('span', { class: `sign ${name}`, title: name }, SIGNS[name] ?? '·')
  const where = h('span', { class: 'quiet' }, collection)
  const line = (...more: (Node | string)[]) => h('div', { class: 'op-line' }, sign, where, ...more)
  switch (op[0]) {
    case 'put':
    case 'patch':
    case 'delete': {
      const change = changes.get(`${encodeKey(op[2])} ${collection}`)
      const key = h('b', { class: 'key' }, keyText(op[2]))
      // The first put of a row lists its fields; after that, only what became different is of interest.
      const fields = change && fieldChanges(change.before?.value, change.after?.value)
      const differs = fields?.some(({ changed }) => changed) ?? false
      const remark =
        change === undefined && op[0] !== 'put'
          ? noRow
          : op[0] !== 'delete' && !differs
            ? 'nothing became different'
            : ''
      return h(
        'li',
        { class: name },
        line(key, h('span', { class: 'quiet' }, remark)),
        fields && differs ? fieldsTable(fields, { unchanged: false }) : undefined,
      )
    }
    case 'meta':
      return h('li', {}, line(h('b', { class: 'key' }, keyText(op[2])), 'metadata'), stored(op[3], op[4]))
    case 'state':
      return h('li', {}, line('state ', h('b', {}, op[2])), stored(op[3], op[4]))
    case 'schema':
      return h('li', {}, line(`schema version ${op[2]} → ${op[3]}`))
    case 'claim':
      return h('li', {}, line('claims the sync of this collection'))
    case 'truncate':
      return h('li', {}, line('all rows go'))
    case 'reset':
      return h('li', {}, line('is forgotten: rows, state and schema version'))
    case 'redacted':
      return h('li', {}, line('ops that stood here were blanked'))
  }
}

const stored = (
  json: Parameters<typeof shownValue>[0] | undefined,
  notes: Parameters<typeof shownValue>[1],
) =>
  h(
    'dl',
    { class: 'fields' },
    h('dt', {}, 'value'),
    h(
      'dd',
      {},
      json === undefined ? h('span', { class: 'quiet' }, 'cleared') : valueElement(shownValue(json, notes)),
    ),
  )
