/** `diff`: the rows that differ between two states, side by side and field by field. */

import type { DiffModel, DiffRow } from '../../model.js'
import { h } from '../dom.js'
import { fieldChanges } from '../fields.js'
import { figures, header, remarks } from '../header.js'
import { listenForKeys } from '../keys.js'
import { sideBySide } from '../panels/side-by-side.js'
import { keyText } from '../value-text.js'
import { VirtualList } from '../virtual-list.js'
import { Walk } from '../walk.js'
import { plain } from '../words.js'

type State = 'added' | 'removed' | 'changed'

const stateOf = ({ before, after }: DiffRow): State =>
  before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'

export function diffView(model: DiffModel): HTMLElement {
  let listed: readonly number[] = []
  const detail = h('section', { class: 'panel diff-detail', 'aria-label': 'Row' })
  const shown = h('span', { class: 'hint' })
  const list = new VirtualList('entries', 44, (line) => lineOf(listed[line] as number))
  const lineOf = (index: number): HTMLElement => {
    const row = model.rows[index] as DiffRow
    const state = stateOf(row)
    const names = fieldChanges(row.before, row.after)
      .filter(({ changed }) => changed)
      .map(({ name }) => name)
    return h(
      'button',
      {
        class: `entry ${state}`,
        tabindex: -1,
        'aria-current': index === walk.at ? 'true' : undefined,
        on: { click: () => walk.go(index) },
      },
      h('b', { class: 'place' }, keyText(row.key)),
      h('span', { class: `badge ${state}` }, state),
      h('span', { class: 'changes' }, `${row.collection} · ${names.join(', ') || 'no field differs'}`),
    )
  }
  const show = (index: number): void => {
    list.show(listed.length)
    if (listed.includes(index)) list.reveal(listed.indexOf(index))
    const row = model.rows[index]
    detail.replaceChildren(...(row === undefined ? [] : sideBySide(row, model.from, model.to)))
  }
  const walk = new Walk(model.rows.length, 0, show)
  const search = h('input', {
    type: 'search',
    placeholder: 'Search key, collection, field',
    'aria-label': 'Search',
    on: { input: () => filter() },
  })
  const states = h('select', { 'aria-label': 'difference', on: { change: () => filter() } })
  for (const state of ['all differences', 'added', 'removed', 'changed'])
    states.append(h('option', {}, state))
  const filter = (): void => {
    const text = search.value.trim().toLowerCase()
    const state = states.selectedIndex === 0 ? undefined : states.value
    listed = model.rows.flatMap((row, index) => {
      const fields = [...Object.keys(row.before?.json ?? {}), ...Object.keys(row.after?.json ?? {})]
      const has = [String(row.key), row.collection, ...fields].some((each) =>
        each.toLowerCase().includes(text),
      )
      return has && (state === undefined || stateOf(row) === state) ? [index] : []
    })
    shown.textContent = `${plain(listed.length)} of ${plain(model.rows.length)}`
    walk.filter(new Set(listed))
    show(walk.at)
  }
  listenForKeys({
    ArrowLeft: () => walk.step(-1),
    ArrowUp: () => walk.step(-1),
    ArrowRight: () => walk.step(1),
    ArrowDown: () => walk.step(1),
    Home: () => walk.first(),
    End: () => walk.last(),
    '/': () => search.select(),
    Escape: () => search.blur(),
  })
  const tools = h(
    'div',
    { class: 'filters' },
    h('label', { class: 'search' }, search, h('kbd', {}, '/')),
    states,
  )
  filter()
  return h(
    'div',
    { class: 'app' },
    header(model, `diff of ${model.from} and ${model.to}`, tools),
    remarks(model),
    h('div', { class: 'strip' }, figures(figuresOf(model))),
    model.rows.length === 0
      ? h('p', { class: 'empty' }, 'No row differs.')
      : h(
          'main',
          { class: 'panels two' },
          h(
            'section',
            { class: 'panel entries-panel', 'aria-label': 'Rows that differ' },
            h('header', {}, h('h2', {}, 'Rows that differ'), shown),
            list.element,
          ),
          detail,
        ),
  )
}

const figuresOf = ({ collections }: DiffModel): [string, string][] =>
  (['added', 'removed', 'changed'] as const)
    .map((state): [string, string] => [plain(collections.reduce((sum, each) => sum + each[state], 0)), state])
    .concat(
      collections.map(({ collection, added, removed, changed }): [string, string] => [
        collection,
        `+${plain(added)} −${plain(removed)} ~${plain(changed)}`,
      ]),
    )
