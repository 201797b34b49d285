/** `stats`: what the log is made of, as bars; the largest entries, the keys that are written most, the hours. */

import type { Bar, StatsModel } from '../../model.js'
import { h } from '../dom.js'
import { figures, header, remarks } from '../header.js'
import { hoursChart } from '../panels/hours-chart.js'
import { keyText } from '../value-text.js'
import { bytes, count, plain } from '../words.js'

export function statsView(model: StatsModel): HTMLElement {
  const entries = model.kinds.reduce((sum, bar) => sum + bar.entries, 0)
  const size = model.kinds.reduce((sum, bar) => sum + bar.bytes, 0)
  return h(
    'div',
    { class: 'app stats' },
    header(model, 'stats'),
    remarks(model),
    h(
      'div',
      { class: 'strip' },
      figures([
        [plain(entries), 'entries'],
        [bytes(size), 'of ops'],
        [plain(model.collections.length), 'collections'],
        [plain(model.origins.length), 'origins'],
      ]),
    ),
    h(
      'main',
      { class: 'cards' },
      card('When', hoursChart(model.hours), 'wide'),
      card('Collections', bars(model.collections)),
      card('Origins', bars(model.origins)),
      card('Kinds', bars(model.kinds)),
      card(
        'Largest entries',
        barList(
          model.largest.map((each) => [`${each.position}  ${each.what}`, each.bytes, bytes(each.bytes)]),
        ),
      ),
      card(
        'Keys written most',
        barList(
          model.hotKeys.map((each) => [
            `${each.collection}  ${keyText(each.key)}`,
            each.ops,
            count(each.ops, 'op'),
          ]),
        ),
      ),
    ),
  )
}

const card = (name: string, body: HTMLElement, more = ''): HTMLElement =>
  h('section', { class: `card ${more}`, 'aria-label': name }, h('h2', {}, name), body)

const bars = (list: readonly Bar[]): HTMLElement =>
  barList(
    list.map((bar) => [
      bar.label,
      bar.bytes,
      `${count(bar.entries, 'entry', 'entries')} · ${bytes(bar.bytes)}`,
    ]),
  )

function barList(list: readonly (readonly [label: string, length: number, text: string])[]): HTMLElement {
  const longest = list.reduce((most, [, length]) => Math.max(most, length), 1)
  if (list.length === 0) return h('p', { class: 'empty' }, 'None.')
  return h(
    'ol',
    { class: 'bars' },
    ...list.map(([label, length, text]) => {
      const bar = h('i', {})
      bar.style.width = `${(length / longest) * 100}%`
      return h('li', { title: `${label}: ${text}` }, h('span', {}, label), h('em', {}, text), bar)
    }),
  )
}
