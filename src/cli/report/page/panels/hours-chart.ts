/** Entries by the hour; more hours than there is room for share a column. */

import type { HourBar } from '../../model.js'
import { h } from '../dom.js'
import { count, when } from '../words.js'

const HOUR = 3_600_000
const COLUMNS = 120

export function hoursChart(hours: readonly HourBar[]): HTMLElement {
  const known = hours.filter(({ hour }) => Number.isFinite(hour))
  if (known.length === 0) return h('p', { class: 'empty' }, 'None.')
  const first = known.reduce((least, { hour }) => Math.min(least, hour), Number.POSITIVE_INFINITY)
  const last = known.reduce((most, { hour }) => Math.max(most, hour), Number.NEGATIVE_INFINITY)
  const span = Math.max(1, Math.ceil((last - first + HOUR) / HOUR / COLUMNS)) * HOUR
  const columns = new Array<number>(Math.floor((last - first) / span) + 1).fill(0)
  for (const { hour, entries } of known) columns[Math.floor((hour - first) / span)]! += entries
  const most = Math.max(...columns)
  const chart = h('div', { class: 'hours' })
  columns.forEach((entries, column) => {
    const begins = first + column * span
    const bar = h('i', {
      title: `${when(begins)} to ${when(begins + span)}: ${count(entries, 'entry', 'entries')}`,
      class: entries === 0 ? 'none' : undefined,
    })
    bar.style.height = `${(entries / most) * 100}%`
    chart.append(bar)
  })
  return h(
    'div',
    {},
    chart,
    h(
      'div',
      { class: 'hours-axis' },
      h('span', {}, when(first)),
      h('span', {}, when(first + columns.length * span)),
    ),
  )
}
