/** Draws the timeline: terms as bands, a lane of stacked columns for each collection, sizes at the bottom, an axis. */

import type { Bins, Stack } from './bins.js'
import { total } from './bins.js'

export const TERMS_HEIGHT = 22
/** Few lanes have more room. */
export const laneHeight = (lanes: number): number => (lanes <= 3 ? 46 : 32)
export const SIZES_HEIGHT = 38
export const AXIS_HEIGHT = 20

export interface Band {
  readonly label: string
  /** From 0 to 1. */
  readonly from: number
  readonly to: number
}

export interface Tick {
  readonly at: number
  readonly label: string
}

export interface Drawing {
  readonly bins: Bins
  readonly width: number
  readonly column: number
  /** The widest that a column is drawn, in pixels. */
  readonly widest: number
  readonly bands: readonly Band[]
  readonly ticks: readonly Tick[]
  /** Where ops are not in the page: from 0 to here. */
  readonly withoutOps: number
  readonly colours: Colours
}

export interface Colours {
  readonly muted: string
  readonly line: string
  readonly band: string
  readonly bytes: string
  readonly damage: string
  /** In the order of a stack. */
  readonly parts: readonly string[]
}

export function draw(canvas: CanvasRenderingContext2D, drawing: Drawing): void {
  const { bins, width, colours } = drawing
  const lanes = bins.lanes.length
  const tall = laneHeight(lanes)
  const bottom = TERMS_HEIGHT + lanes * tall + SIZES_HEIGHT
  canvas.clearRect(0, 0, width, bottom + AXIS_HEIGHT)
  canvas.font = '11px system-ui, sans-serif'
  canvas.textBaseline = 'middle'
  drawBands(canvas, drawing, bottom)
  canvas.fillStyle = colours.line
  for (let lane = 0; lane <= lanes + 1; lane++) {
    const y = lane > lanes ? bottom : TERMS_HEIGHT + lane * tall
    canvas.fillRect(0, y - 0.5, width, 1)
  }
  // One scale for all lanes, so that they can be compared; roots, so that a lone change beside a first sync is seen.
  const most = Math.sqrt(
    Math.max(
      1,
      ...[...bins.lanes, ...bins.dimmed].map((lane) =>
        lane.reduce((max, bin) => Math.max(max, bin ? total(bin) : 0), 0),
      ),
    ),
  )
  for (let lane = 0; lane < lanes; lane++) {
    const base = TERMS_HEIGHT + (lane + 1) * tall - 1
    canvas.globalAlpha = 0.22
    drawLane(canvas, drawing, bins.dimmed[lane] ?? [], base, most)
    canvas.globalAlpha = 1
    drawLane(canvas, drawing, bins.lanes[lane] ?? [], base, most)
  }
  drawSizes(canvas, drawing, bottom)
  drawAxis(canvas, drawing, bottom)
}

function drawBands(
  canvas: CanvasRenderingContext2D,
  { bands, width, colours, withoutOps }: Drawing,
  bottom: number,
) {
  let labelled = Number.NEGATIVE_INFINITY
  bands.forEach(({ label, from, to }, index) => {
    const x = Math.round(from * width)
    if (index % 2 === 1) {
      canvas.fillStyle = colours.band
      canvas.fillRect(x, 0, Math.max(1, Math.round(to * width) - x), bottom)
    }
    const room = canvas.measureText(label).width + 8
    if (to * width - x >= room || (index === bands.length - 1 && x - labelled > 0 && width - x > room)) {
      canvas.fillStyle = colours.muted
      canvas.textAlign = 'left'
      canvas.fillText(label, x + 5, TERMS_HEIGHT / 2 + 1)
      labelled = x + room
    }
    if (index > 0) {
      canvas.fillStyle = colours.line
      canvas.fillRect(x - 0.5, 0, 1, bottom)
    }
  })
  if (withoutOps > 0) {
    canvas.fillStyle = colours.band
    canvas.fillRect(0, TERMS_HEIGHT, withoutOps * width, bottom - TERMS_HEIGHT)
  }
}

function drawLane(
  canvas: CanvasRenderingContext2D,
  drawing: Drawing,
  stacks: readonly (Stack | undefined)[],
  base: number,
  most: number,
): void {
  const { colours } = drawing
  stacks.forEach((stack, index) => {
    if (stack === undefined) return
    const sum = total(stack)
    if (sum === 0) return
    const height = Math.max(3, (Math.sqrt(sum) / most) * (laneHeight(drawing.bins.lanes.length) - 7))
    const { x, wide } = across(drawing, index)
    let y = base
    stack.forEach((part, place) => {
      if (part === 0) return
      const tall = (part / sum) * height
      canvas.fillStyle = colours.parts[place] as string
      canvas.fillRect(x, y - tall, wide, tall)
      y -= tall
    })
  })
}

function drawSizes(canvas: CanvasRenderingContext2D, drawing: Drawing, bottom: number): void {
  const { bins, colours } = drawing
  const most = Math.sqrt(
    Math.max(
      1,
      bins.bytes.reduce((max, each) => Math.max(max, each), 0),
    ),
  )
  bins.bytes.forEach((size, index) => {
    const height = (Math.sqrt(size) / most) * (SIZES_HEIGHT - 8)
    if (height === 0 && !bins.damaged.has(index)) return
    canvas.fillStyle = bins.damaged.has(index) ? colours.damage : colours.bytes
    const tall = bins.damaged.has(index) ? SIZES_HEIGHT - 4 : Math.max(1, height)
    const { x, wide } = across(drawing, index)
    canvas.fillRect(x, bottom - 1 - tall, wide, tall)
  })
}

function drawAxis(
  canvas: CanvasRenderingContext2D,
  { ticks, width, colours }: Drawing,
  bottom: number,
): void {
  canvas.fillStyle = colours.muted
  // The ends first: they say what the timeline is about.
  const inOrder = [...ticks.slice(0, 1), ...ticks.slice(-1), ...ticks.slice(1, -1)]
  const taken: (readonly [from: number, to: number])[] = []
  canvas.textAlign = 'left'
  for (const { at, label } of inOrder) {
    const size = canvas.measureText(label).width
    const x = Math.max(0, Math.min(width - size, at * width - size / 2))
    if (taken.some(([from, to]) => x < to + 16 && x + size > from - 16)) continue
    canvas.fillText(label, x, bottom + AXIS_HEIGHT / 2 + 2)
    taken.push([x, x + size])
  }
}

/** A column's left side and width: with a gap where there is room for one, and no wider than a column need be. */
function across({ column, widest }: Drawing, index: number): { x: number; wide: number } {
  const gap = column >= 5 ? 1.5 : column >= 4 ? 1 : 0
  const wide = Math.max(1, Math.min(widest, column - gap))
  return { x: index * column + (column - wide) / 2, wide }
}
