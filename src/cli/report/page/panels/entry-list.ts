/** The entries that the search leaves, one line each. */

import type { Timeline } from '../../model.js'
import { h } from '../dom.js'
import { entryAt, positionOf } from '../entries.js'
import { VirtualList } from '../virtual-list.js'
import { plain, when } from '../words.js'
import { changesElement } from './changes.js'

export class EntryList {
  readonly element: HTMLElement
  readonly #timeline: Timeline
  readonly #list: VirtualList
  readonly #count = h('span', { class: 'hint' })
  /** Indices of the entries that are listed. */
  #listed: readonly number[] = []
  #at = 0

  constructor(timeline: Timeline, go: (index: number) => void) {
    this.#timeline = timeline
    this.#list = new VirtualList('entries', 44, (line) => this.#line(this.#listed[line] as number, go))
    this.element = h(
      'section',
      { class: 'panel entries-panel', 'aria-label': 'Entries' },
      h('header', {}, h('h2', {}, 'Entries'), this.#count),
      this.#list.element,
    )
  }

  filter(matches: ReadonlySet<number> | undefined): void {
    const { length } = this.#timeline.entries
    this.#listed = matches === undefined ? Array.from({ length }, (_, index) => index) : [...matches]
    this.#count.textContent =
      matches === undefined ? plain(length) : `${plain(matches.size)} of ${plain(length)} found`
    this.#list.show(this.#listed.length)
  }

  show(index: number): void {
    this.#at = index
    this.#list.show(this.#listed.length)
    const line = this.#listed.indexOf(index)
    if (line >= 0) this.#list.reveal(line)
  }

  #line(index: number, go: (index: number) => void): HTMLElement {
    const entry = entryAt(this.#timeline, index)
    const isDamaged = entry.kind === 'damaged'
    return h(
      'button',
      {
        class: 'entry',
        tabindex: -1,
        'aria-current': index === this.#at ? 'true' : undefined,
        on: { click: () => go(index) },
      },
      h('span', { class: 'place' }, positionOf(entry)),
      h('time', {}, isDamaged ? '' : when(entry.committedAt)),
      changesElement(this.#timeline, entry),
    )
  }
}
