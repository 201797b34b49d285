/**
 * The timeline: labels of lanes, the drawing, and the slider below it. It draws at any number of entries: neighbours that
 * share a column are added up. Moving over it says what is there; a click or a drag goes there.
 */

import type { EntryFacts } from '../../model.js'
import { h, onceAFrame } from '../dom.js'
import { positionOf } from '../entries.js'
import { shortWhen } from '../words.js'
import { type Binned, bins } from './bins.js'
import {
  AXIS_HEIGHT,
  type Band,
  type Colours,
  draw,
  laneHeight,
  SIZES_HEIGHT,
  TERMS_HEIGHT,
  type Tick,
} from './draw.js'
import { bySeq, byTime, type Scale } from './scale.js'

export interface TimelineOptions {
  readonly data: Binned
  readonly entries: readonly EntryFacts[]
  /** Entries before this one have no ops in the page. */
  readonly firstWithOps: number
  readonly go: (index: number) => void
  /** What the little window over the drawing says of an entry. */
  readonly describe: (index: number) => string
}

/** The narrowest and the widest column, in pixels. */
const NARROW = 3
const WIDE = 22

export class TimelineView {
  readonly element: HTMLElement
  readonly slider: HTMLInputElement
  readonly #options: TimelineOptions
  readonly #canvas = h('canvas', { 'aria-hidden': 'true' })
  readonly #plot: HTMLElement
  readonly #cursor = h('div', { class: 'cursor' })
  readonly #hover = h('div', { class: 'hover', hidden: true })
  readonly #labels = h('div', { class: 'lanes' })
  readonly #redraw = onceAFrame(() => this.#draw())
  #scale: Scale
  #matches: ReadonlySet<number> | undefined
  #at = 0

  constructor(options: TimelineOptions) {
    this.#options = options
    const { data, entries, go } = options
    this.#scale = bySeq(data.count)
    this.slider = h('input', {
      type: 'range',
      min: 0,
      max: Math.max(0, data.count - 1),
      'aria-label': 'Position',
      on: { input: () => go(Number(this.slider.value)) },
    })
    this.#plot = h('div', { class: 'plot' }, this.#canvas, this.#cursor, this.#hover)
    this.#plot.style.height = `${TERMS_HEIGHT + data.lanes.length * laneHeight(data.lanes.length) + SIZES_HEIGHT + AXIS_HEIGHT}px`
    this.#labels.style.setProperty('--lane', `${laneHeight(data.lanes.length)}px`)
    // The thumb stands under the middle of its entry's column.
    this.slider.style.setProperty('--inset', `calc(${50 / data.count}% - 7px)`)
    this.element = h(
      'section',
      { class: 'timeline', 'aria-label': 'Timeline' },
      this.#labels,
      h('div', { class: 'plot-column' }, this.#plot, this.slider),
    )
    this.#labels.append(
      ...data.lanes.map((lane) =>
        h(
          lane.choose ? 'button' : 'div',
          { class: 'lane', title: lane.title, on: { click: () => lane.choose?.() } },
          h('span', {}, lane.label),
        ),
      ),
      h('div', { class: 'lane sizes' }, 'bytes'),
      this.#scaleSwitch(entries),
    )
    this.#followPointer()
    new ResizeObserver(this.#redraw).observe(this.#plot)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', this.#redraw)
  }

  /** Moves to an entry. */
  show(index: number): void {
    this.#at = index
    this.slider.value = String(index)
    this.#placeCursor()
  }

  /** Dims what the search leaves out. */
  filter(matches: ReadonlySet<number> | undefined): void {
    this.#matches = matches
    this.#options.data.lanes.forEach((lane, index) => {
      this.#labels.children[index]?.setAttribute('aria-pressed', String(lane.isChosen?.() ?? false))
    })
    this.#redraw()
  }

  #scaleSwitch(entries: readonly EntryFacts[]): HTMLElement {
    const button = h(
      'button',
      { class: 'scale', title: 'One entry beside the other, or by the clock' },
      'by entry',
    )
    let isByTime = false
    button.addEventListener('click', () => {
      isByTime = !isByTime
      button.textContent = isByTime ? 'by time' : 'by entry'
      this.#scale = isByTime ? byTime(entries) : bySeq(entries.length)
      this.#placeCursor()
      this.#redraw()
    })
    return button
  }

  #followPointer(): void {
    const plot = this.#plot
    const indexAt = (event: PointerEvent) => {
      const { left, width } = plot.getBoundingClientRect()
      return this.#scale.indexAt(Math.max(0, Math.min(0.999999, (event.clientX - left) / width)))
    }
    plot.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return
      plot.setPointerCapture(event.pointerId)
      this.#options.go(indexAt(event))
    })
    plot.addEventListener('pointermove', (event) => {
      const index = indexAt(event)
      if (plot.hasPointerCapture(event.pointerId)) this.#options.go(index)
      this.#hover.hidden = false
      this.#hover.textContent = this.#options.describe(index)
      const { left, width } = plot.getBoundingClientRect()
      const x = event.clientX - left
      this.#hover.style.translate = `${x > width / 2 ? `calc(${x - 12}px - 100%)` : `${x + 12}px`}`
    })
    plot.addEventListener('pointerleave', () => {
      this.#hover.hidden = true
    })
  }

  #placeCursor(): void {
    this.#cursor.style.left = `${this.#scale.placeOf(this.#at) * 100}%`
  }

  #draw(): void {
    const { data, entries, firstWithOps } = this.#options
    const { clientWidth: width, clientHeight: height } = this.#plot
    const context = this.#canvas.getContext('2d')
    if (context === null || width === 0) return
    const ratio = devicePixelRatio
    this.#canvas.width = Math.round(width * ratio)
    this.#canvas.height = Math.round(height * ratio)
    this.#canvas.style.width = `${width}px`
    this.#canvas.style.height = `${height}px`
    context.scale(ratio, ratio)
    // Columns fill the width exactly, so that the cursor stands in the middle of its entry's.
    const columns = width / data.count >= NARROW ? data.count : Math.floor(width / NARROW)
    const column = width / columns
    const binned = bins(
      data,
      columns,
      (index) => Math.floor(this.#scale.placeOf(index) * columns),
      this.#matches,
    )
    draw(context, {
      bins: binned,
      width,
      column,
      widest: WIDE,
      bands: this.#bands(),
      ticks: ticksOf(entries, this.#scale, width),
      withoutOps: firstWithOps > 0 ? this.#scale.placeOf(firstWithOps - 1) : 0,
      colours: coloursOf(this.#plot),
    })
  }

  #bands(): Band[] {
    const bands: { label: string; from: number; to: number }[] = []
    const { entries } = this.#options
    let current: number | undefined
    entries.forEach(([, term, kind], index) => {
      if (kind === 'damaged' || term === current) return
      const place = index === 0 ? 0 : (this.#scale.placeOf(index - 1) + this.#scale.placeOf(index)) / 2
      const last = bands.at(-1)
      if (last) last.to = place
      bands.push({ label: `term ${term}`, from: place, to: 1 })
      current = term
    })
    return bands
  }
}

function ticksOf(entries: readonly EntryFacts[], scale: Scale, width: number): Tick[] {
  const wanted = Math.max(2, Math.floor(width / 150))
  const span = (entries.at(-1)?.[5] ?? 0) - (entries[0]?.[5] ?? 0)
  return Array.from({ length: wanted + 1 }, (_, step) => {
    const index = scale.indexAt(Math.min(0.999999, step / wanted))
    const [seq, term, kind, , , committedAt] = entries[index] as EntryFacts
    const time = kind === 'damaged' ? '' : ` · ${shortWhen(committedAt, span)}`
    return { at: scale.placeOf(index), label: `${positionOf({ term, seq, kind })}${time}` }
  })
}

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const of = (name: string) => style.getPropertyValue(`--${name}-drawn`)
  return {
    muted: of('muted'),
    line: of('line'),
    band: of('band'),
    bytes: of('bytes'),
    damage: of('red'),
    parts: [of('green'), of('accent'), of('red'), of('amber')],
  }
}
