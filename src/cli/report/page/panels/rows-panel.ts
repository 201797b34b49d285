/** The rows of one collection at the chosen entry; what that entry changed is highlighted and brought into sight. */

import type { FoldedRow } from '../../../../materializer/fold.js'
import { decodeKey } from '../../../../values/decode-key.js'
import { h } from '../dom.js'
import type { RowChange, RowsAt } from '../rows-at.js'
import { keyText, shownField } from '../value-text.js'
import { VirtualList } from '../virtual-list.js'
import { count, plain } from '../words.js'
import { columnsOf } from './columns.js'
import { sortedKeys } from './sorted-keys.js'
import { valueElement } from './value.js'

/** Rows that are looked at for their columns; and so many of those that the entry changed. */
const SAMPLE = 100

export class RowsPanel {
  readonly element: HTMLElement
  readonly #rows: RowsAt
  readonly #tabs = h('div', { class: 'tabs', role: 'tablist' })
  readonly #head = h('div', { class: 'row head' })
  readonly #list: VirtualList
  readonly #message = h('p', { class: 'empty' })
  readonly #onlyChanged = h('input', { type: 'checkbox' })
  /** The collection that was chosen, and the one that is shown. */
  #collection: string | undefined
  #shown: string | undefined
  #index = 0
  #keys: readonly string[] = []
  #columns: readonly string[] = []
  #changes = new Map<string, RowChange>()
  #now: ReadonlyMap<string, FoldedRow> = new Map()

  constructor(rows: RowsAt) {
    this.#rows = rows
    this.#list = new VirtualList('rows', 30, (line) => this.#row(this.#keys[line] as string), this.#head)
    this.#onlyChanged.addEventListener('change', () => this.show(this.#index))
    this.element = h(
      'section',
      { class: 'panel rows-panel', 'aria-label': 'Rows' },
      h(
        'header',
        {},
        h('h2', {}, 'Rows'),
        this.#tabs,
        h('label', { class: 'check' }, this.#onlyChanged, 'changed here'),
      ),
      this.#list.element,
      this.#message,
    )
  }

  /** Stays with a collection from now on, or goes with what the entries change. */
  choose(collection: string | undefined): void {
    this.#collection = collection
    this.show(this.#index)
  }

  show(index: number): void {
    this.#index = index
    const known = this.#rows.knows(index)
    this.#list.element.hidden = !known
    if (!known) {
      this.#tabs.replaceChildren()
      this.#message.hidden = false
      this.#message.textContent =
        'The ops of this entry did not fit into this page, so its rows are not known here.'
      return
    }
    const all = this.#rows.changesAt(index)
    const collections = this.#rows.at(index)
    // A chosen collection stays; before a choice, the one that the entry changes is shown.
    const shown = this.#collection ?? all[0]?.collection ?? this.#lastShown(collections)
    this.#shown = shown
    this.#showTabs(shown, all)
    const { byKey, untouched } = (shown === undefined ? undefined : collections.get(shown)) ?? NONE
    this.#now = byKey
    this.#changes = new Map(
      all.filter((change) => change.collection === shown).map((change) => [change.key, change]),
    )
    const gone = [...this.#changes].filter(([key]) => !byKey.has(key)).map(([key]) => key)
    this.#keys = this.#onlyChanged.checked
      ? sortedKeys(this.#changes.keys())
      : gone.length === 0
        ? sortedKeys(byKey.keys())
        : sortedKeys([...byKey.keys(), ...gone])
    this.#showColumns()
    this.#list.show(this.#keys.length)
    const first = this.#keys.findIndex((key) => this.#changes.has(key))
    if (first >= 0) this.#list.reveal(first)
    const message =
      this.#keys.length > 0
        ? untouched > 0 && `and ${count(untouched, 'row')} that no entry here changes`
        : this.#onlyChanged.checked
          ? 'This entry changes no row here.'
          : 'No rows at this position.'
    this.#message.hidden = message === false
    this.#message.textContent = message || ''
  }

  #lastShown(collections: ReadonlyMap<string, unknown>): string | undefined {
    return this.#shown ?? collections.keys().next().value
  }

  #showTabs(shown: string | undefined, changes: readonly RowChange[]): void {
    const collections = [...this.#rows.at(this.#index)].sort(([a], [b]) => (a < b ? -1 : 1))
    const tabs = collections.map(([collection, { byKey, untouched }]) =>
      h(
        'button',
        {
          class: 'tab',
          role: 'tab',
          'aria-selected': String(collection === shown),
          title:
            collection === this.#collection
              ? `${collection}: stays; click to go with the entries`
              : collection,
          'aria-pressed': String(collection === this.#collection),
          on: { click: () => this.choose(collection === this.#collection ? undefined : collection) },
        },
        h('span', { class: 'name' }, collection),
        h('span', { class: 'number' }, plain(byKey.size + untouched)),
        changes.some((change) => change.collection === collection) &&
          h('i', { class: 'mark-changed', title: 'changed by this entry' }),
      ),
    )
    this.#tabs.replaceChildren(...tabs)
    tabs.find((tab) => tab.ariaSelected === 'true')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }

  #showColumns(): void {
    const sample: (readonly [string, FoldedRow])[] = []
    for (const row of this.#now) if (sample.push(row) >= SAMPLE) break
    for (const [key, { before, after }] of this.#changes) {
      const row = after ?? before
      if (row !== undefined && sample.length < 2 * SAMPLE) sample.push([key, row])
    }
    const { names, sameAsKey, widths } = columnsOf(sample)
    this.#columns = names
    const [key, ...others] = widths
    const columns = [`${key}px`, ...others.map((width) => `minmax(${width}px, ${width}fr)`)]
    this.#list.element.style.setProperty('--template', columns.join(' '))
    this.#list.element.style.setProperty('--width', `${others.reduce((sum, width) => sum + width, key)}px`)
    this.#head.replaceChildren(
      h('span', { class: 'cell key' }, ['key', ...sameAsKey].join(' · ')),
      ...names.map((name) => h('span', { class: 'cell', title: name }, name)),
    )
  }

  #row(key: string): HTMLElement {
    const change = this.#changes.get(key)
    const now = this.#now.get(key)
    const row = now ?? change?.before
    const state =
      change === undefined
        ? ''
        : change.before === undefined
          ? 'added'
          : now === undefined
            ? 'removed'
            : 'changed'
    const cells = this.#columns.map((name) => {
      const value = row && shownField(row.value.json, row.value.notes, name)
      const was = change?.before && shownField(change.before.value.json, change.before.value.notes, name)
      const differs = state === 'changed' && (was?.text !== value?.text || was?.kind !== value?.kind)
      const title = [
        value?.text.slice(0, 1000),
        differs && `before: ${was?.text.slice(0, 1000) ?? 'no such field'}`,
      ]
      return h(
        'span',
        { class: differs ? 'cell differs' : 'cell', title: title.filter(Boolean).join('\n') },
        valueElement(value),
      )
    })
    const text = keyText(decodeKey(key))
    return h('div', { class: `row ${state}` }, h('span', { class: 'cell key', title: text }, text), ...cells)
  }
}

const NONE = { byKey: new Map<string, FoldedRow>(), untouched: 0 }
