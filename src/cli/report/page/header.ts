/** The top of every report: which file, what was asked, when, and what the page lacks. */

import type { Source } from '../model.js'
import { h } from './dom.js'
import { when } from './words.js'

export function header(source: Source, what: string, ...tools: readonly HTMLElement[]): HTMLElement {
  return h(
    'header',
    { class: 'top' },
    h('span', { class: 'brand' }, h('span', { class: 'mark' }), h('b', {}, source.file)),
    h('span', { class: 'what' }, what),
    ...tools,
    h('span', { class: 'made', title: `daybook ${source.version}` }, `made ${when(source.madeAt)}`),
  )
}

/** What is not in the page, to be read once and put away. */
export function remarks(source: Source): HTMLElement | undefined {
  if (source.remarks.length === 0) return undefined
  const element = h(
    'aside',
    { class: 'remarks' },
    h('div', {}, ...source.remarks.map((remark) => h('p', {}, remark))),
    h('button', { class: 'tool', 'aria-label': 'Put away', on: { click: () => element.remove() } }, '×'),
  )
  return element
}

/** Numbers that are worth a glance. */
export const figures = (list: readonly (readonly [number: string, name: string])[]): HTMLElement =>
  h('ul', { class: 'figures' }, ...list.map(([number, name]) => h('li', {}, h('b', {}, number), ` ${name}`)))
