/**
 * What `log` and `history` have in common: a timeline with its slider, the list of entries, the chosen entry, and between
 * them the rows, or the row, at that entry.
 */

import type { HistoryModel, LogModel } from '../../model.js'
import { h, onceAFrame } from '../dom.js'
import { entryAt, positionOf } from '../entries.js'
import { figures, header, remarks } from '../header.js'
import { listenForKeys } from '../keys.js'
import { matching } from '../matching.js'
import { changesText } from '../panels/changes.js'
import { EntryList } from '../panels/entry-list.js'
import { EntryPanel } from '../panels/entry-panel.js'
import type { RowsAt } from '../rows-at.js'
import { Search } from '../search.js'
import type { Binned } from '../timeline/bins.js'
import { TimelineView } from '../timeline/timeline.js'
import { Walk } from '../walk.js'
import { bytes, count, plain, when } from '../words.js'

export interface MiddlePanel {
  readonly element: HTMLElement
  show(index: number): void
}

export interface TimelineViewParts {
  readonly what: string
  readonly query: string
  readonly rows: RowsAt
  readonly middle: MiddlePanel
  readonly lanes: (search: () => Search) => Binned
  /** When what is searched for has changed. */
  readonly searched?: (query: string) => void
}

export function timelineView(model: LogModel | HistoryModel, parts: TimelineViewParts): HTMLElement {
  const { rows, middle } = parts
  const last = model.entries.length - 1
  const here = h('b', { class: 'place' })
  const time = h('time', {})
  const entryPanel = new EntryPanel(model, rows)
  const list = new EntryList(model, (index) => walk.go(index))
  const show = onceAFrame(() => {
    const entry = entryAt(model, walk.at)
    here.textContent = positionOf(entry)
    time.textContent = entry.kind === 'damaged' ? '' : when(entry.committedAt)
    timeline.show(walk.at)
    list.show(walk.at)
    middle.show(walk.at)
    entryPanel.show(walk.at)
    remember(here.textContent)
  })
  const walk = new Walk(model.entries.length, remembered(model) ?? last, show)
  const search = new Search(model, parts.query, (query) => {
    filter(query)
    parts.searched?.(query)
  })
  const timeline = new TimelineView({
    data: parts.lanes(() => search),
    entries: model.entries,
    firstWithOps: rows.first,
    go: (index) => walk.go(index),
    describe(index) {
      const entry = entryAt(model, index)
      const what = changesText(model, entry)
      return entry.kind === 'damaged'
        ? `${positionOf(entry)}  ${what}`
        : `${positionOf(entry)}  ${when(entry.committedAt)}  ${bytes(entry.bytes)}  ${what}`
    },
  })
  const filter = (query: string): void => {
    const matches = matching(model, query)
    walk.filter(matches)
    list.filter(matches)
    timeline.filter(matches)
    list.show(walk.at)
  }
  filter(parts.query)
  listenForKeys({
    ArrowLeft: () => walk.step(-1),
    ArrowRight: () => walk.step(1),
    PageUp: () => walk.step(-10),
    PageDown: () => walk.step(10),
    Home: () => walk.first(),
    End: () => walk.last(),
    '/': () => search.input.select(),
    Escape: () =>
      document.activeElement === search.input && search.query !== '' ? search.clear() : search.input.blur(),
  })
  const step = (by: number, label: string, sign: string) =>
    h(
      'button',
      { class: 'tool', 'aria-label': label, title: label, on: { click: () => walk.step(by) } },
      sign,
    )
  show()
  return h(
    'div',
    { class: 'app' },
    header(model, parts.what, search.element),
    remarks(model),
    h(
      'div',
      { class: 'strip' },
      figures(figuresOf(model)),
      legend(),
      h(
        'div',
        { class: 'here' },
        step(-1, 'Previous entry (←)', '←'),
        here,
        time,
        step(1, 'Next entry (→)', '→'),
      ),
    ),
    timeline.element,
    h('main', { class: 'panels' }, list.element, middle.element, entryPanel.element),
  )
}

function figuresOf({ entries, collections, origins }: LogModel | HistoryModel): [string, string][] {
  const size = entries.reduce((sum, [, , , , , , each]) => sum + each, 0)
  const terms = new Set(entries.filter(([, , kind]) => kind !== 'damaged').map(([, term]) => term)).size
  const names = [
    [count(entries.length, 'entry', 'entries')],
    [count(collections.length, 'collection')],
    [count(origins.length, 'origin')],
    [count(terms, 'term')],
  ].map(([text]) => (text as string).split(' ') as [string, string])
  return [...names, [bytes(size), 'of ops']]
}

const legend = (): HTMLElement =>
  h(
    'ul',
    { class: 'legend' },
    ...[
      ['put', 'put'],
      ['patch', 'patch'],
      ['delete', 'delete'],
      ['other', 'other'],
    ].map(([kind, name]) => h('li', { class: kind }, name)),
  )

// The position stands in the address, so that a reload or a link leads back to it.
function remember(position: string): void {
  try {
    history.replaceState(null, '', `#${position}`)
  } catch {
    // Some ways of showing a local file do not allow it.
  }
}

function remembered(model: LogModel | HistoryModel): number | undefined {
  const seq = Number(/^#(?:\d+:)?(\d+)$/.exec(location.hash)?.[1])
  const index = model.entries.findIndex(([each]) => each === seq)
  return index === -1 ? undefined : index
}

/** A page without a single entry. */
export const emptyView = (model: LogModel | HistoryModel, what: string): HTMLElement =>
  h(
    'div',
    { class: 'app' },
    header(model, what),
    remarks(model),
    h('p', { class: 'empty' }, `${plain(0)} entries.`),
  )
