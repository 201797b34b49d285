/** A list of rows of one height, of which only those in sight are in the page: there may be a hundred thousand. */

import { h, onceAFrame } from './dom.js'

/** Rows above and below those in sight. */
const MARGIN = 6

export class VirtualList {
  readonly element: HTMLElement
  readonly #sheet: HTMLElement
  readonly #height: number
  readonly #render: (index: number) => HTMLElement
  readonly #head: HTMLElement | undefined
  #count = 0

  /** `head` stays on top of the rows and moves sideways with them. */
  constructor(name: string, height: number, render: (index: number) => HTMLElement, head?: HTMLElement) {
    this.#height = height
    this.#render = render
    this.#head = head
    this.#sheet = h('div', { class: 'sheet' })
    this.element = h('div', { class: `scroller ${name}` }, head, this.#sheet)
    const draw = onceAFrame(() => this.#draw())
    this.element.addEventListener('scroll', draw, { passive: true })
    new ResizeObserver(draw).observe(this.element)
  }

  /** Draws rows anew, `count` of them. */
  show(count: number): void {
    this.#count = count
    this.#sheet.style.height = `${count * this.#height}px`
    this.#draw()
  }

  /** Brings a row into sight, if it is not. */
  reveal(index: number): void {
    const { scrollTop, clientHeight } = this.element
    const room = clientHeight - (this.#head?.offsetHeight ?? 0)
    const top = index * this.#height
    if (top >= scrollTop && top + this.#height <= scrollTop + room) return
    this.element.scrollTop = Math.max(0, top - room / 2 + this.#height / 2)
    this.#draw()
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.element
    const first = Math.max(0, Math.floor(scrollTop / this.#height) - MARGIN)
    const last = Math.min(this.#count, Math.ceil((scrollTop + clientHeight) / this.#height) + MARGIN)
    const rows: HTMLElement[] = []
    for (let index = first; index < last; index++) {
      const row = this.#render(index)
      row.style.top = `${index * this.#height}px`
      row.style.height = `${this.#height}px`
      rows.push(row)
    }
    this.#sheet.replaceChildren(...rows)
  }
}
