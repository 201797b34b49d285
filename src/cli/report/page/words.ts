/** Numbers, times and sizes as the page writes them. */

export { bytes, count } from '../../output/words.js'

/** A moment in the reader's own time. */
export function when(ms: number): string {
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return String(ms)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** The part of a moment that tells it from its neighbours, in a span of this many ms. */
export function shortWhen(ms: number, span: number): string {
  const text = when(ms)
  if (span > 3 * DAY) return text.slice(0, 10)
  if (span > 2 * 60_000) return text.slice(span > DAY ? 5 : 11, 16)
  return text.slice(11)
}

const DAY = 24 * 60 * 60 * 1000

export const plain = (number: number): string => number.toLocaleString('en-US')
