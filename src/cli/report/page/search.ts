/** The search and the lists beside it. What is typed is the one truth; the lists write into it. */

import type { Timeline } from '../model.js'
import { type QueryField, valueAsked, withTerm } from '../search-terms.js'
import { h } from './dom.js'

/** Origins in the list; more can be typed. */
const LISTED = 200

export class Search {
  readonly element: HTMLElement
  readonly input: HTMLInputElement
  readonly #selects: readonly (readonly [QueryField, HTMLSelectElement])[]
  readonly #changed: (query: string) => void

  constructor(timeline: Timeline, query: string, changed: (query: string) => void) {
    this.#changed = changed
    this.input = h('input', {
      type: 'search',
      placeholder: 'Search key, collection, origin, 3:1041',
      'aria-label': 'Search',
      spellcheck: 'false',
      value: query,
      on: { input: () => this.#update() },
    })
    const kinds = new Set(timeline.entries.map(([, , kind]) => kind))
    this.#selects = [
      ['collection', this.#select('collection', 'All collections', timeline.collections)],
      ['kind', this.#select('kind', 'All kinds', [...kinds])],
      ['origin', this.#select('origin', 'All origins', timeline.origins)],
    ]
    this.element = h(
      'div',
      { class: 'filters' },
      h('label', { class: 'search' }, this.input, h('kbd', {}, '/')),
      ...this.#selects.map(([, select]) => select),
    )
    this.#showSelects()
  }

  get query(): string {
    return this.input.value
  }

  /** Asks for a value of a field, or for any where it was asked for already. */
  toggle(field: QueryField, value: string): void {
    this.#set(field, valueAsked(this.query, field) === value ? undefined : value)
  }

  clear(): void {
    this.input.value = ''
    this.#update()
  }

  #set(field: QueryField, value: string | undefined): void {
    this.input.value = withTerm(this.query, field, value)
    this.#update()
  }

  #update(): void {
    this.#showSelects()
    this.#changed(this.query)
  }

  #showSelects(): void {
    for (const [field, select] of this.#selects) {
      const value = valueAsked(this.query, field)
      select.selectedIndex = Math.max(
        0,
        Array.from(select.options, (option) => option.value).indexOf(value ?? '', 1),
      )
      select.classList.toggle('chosen', select.selectedIndex > 0)
    }
  }

  #select(field: QueryField, all: string, values: readonly string[]): HTMLSelectElement {
    const select = h(
      'select',
      { 'aria-label': field },
      h('option', { value: '' }, all),
      ...values.slice(0, LISTED).map((value) => h('option', { value }, value)),
    )
    select.hidden = values.length < 2
    select.addEventListener('change', () =>
      this.#set(field, select.selectedIndex === 0 ? undefined : select.value),
    )
    return select
  }
}
