/** Which entries `log` and `tail` show. */

import type { Entry } from '../../log/entry.js'
import type { Scanned } from '../../log/scan.js'
import type { Key } from '../../values/key.js'
import { parseTime } from '../position/position.js'
import { opsOf } from './changes.js'

export interface FilterOptions {
  readonly collection?: string | undefined
  readonly key?: string | undefined
  readonly origin?: string | undefined
  readonly kind?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}

/** Whether an entry is wanted; damage always is, for nobody knows what it was.
 *
 * @throws UsageError
 */
export function matcher(options: FilterOptions): (scanned: Scanned) => boolean {
  const { collection, origin, kind } = options
  const since = options.since === undefined ? Number.NEGATIVE_INFINITY : parseTime(options.since)
  const until = options.until === undefined ? Number.POSITIVE_INFINITY : parseTime(options.until)
  const keys = options.key === undefined ? undefined : keysMeant(options.key)
  const touches = (entry: Entry): boolean =>
    opsOf(entry).some(
      (op) =>
        (collection === undefined || op[1] === collection) &&
        (keys === undefined || (ROW_OPS.has(op[0]) && keys.includes(op[2] as Key))),
    )
  return ({ entry, damage }) => {
    if (entry === undefined || damage !== undefined) return true
    if (kind !== undefined && entry.kind !== kind) return false
    if (origin !== undefined && !entry.origin.startsWith(origin)) return false
    if (entry.committedAt < since || entry.committedAt >= until) return false
    return (collection === undefined && keys === undefined) || touches(entry)
  }
}

const ROW_OPS: ReadonlySet<string> = new Set(['put', 'patch', 'delete', 'meta'])

/** The keys that somebody means who types a text: `1` is the number and the text, `"1"` the text alone. */
export function keysMeant(text: string): readonly Key[] {
  if (/^".*"$/s.test(text)) {
    try {
      return [JSON.parse(text) as string]
    } catch {
      return [text]
    }
  }
  const number = Number(text)
  return text.trim() !== '' && Number.isFinite(number) ? [text, number] : [text]
}
