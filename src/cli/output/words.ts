/** Numbers and times as people read them. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** A number of bytes.
 *
 * @example
 * bytes(1536) // '1.5 kB'
 */
export function bytes(count: number): string {
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** A number of things.
 *
 * @example
 * count(1, 'entry', 'entries') // '1 entry'
 */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${grouped(number)} ${number === 1 ? one : many}`

/** A number with its thousands apart. Intl does the same, and takes 10 ms to wake up. */
export const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',')

/** A moment, in UTC. What no Date can be stays a number: the clock of a writer may have said anything. */
export function time(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}
