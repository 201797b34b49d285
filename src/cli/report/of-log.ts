/**
 * The page of `log`: from the first entry that is asked for through the last one, without a gap, for the rows depend on
 * every entry. What else is asked for stands in the page's search to begin with.
 */

import { scanLog, scanLogBackwards } from '../../log/scan.js'
import type { DatabaseFile } from '../database-file.js'
import { type FilterOptions, keysMeant, matcher } from '../entries/filter.js'
import type { Range } from '../position/range.js'
import type { LogModel } from './model.js'
import { termText } from './search-terms.js'
import { sourceOf } from './source.js'
import { logModel } from './timeline-model.js'

export interface LogReportOptions extends FilterOptions {
  readonly limit?: number | undefined
  readonly data?: boolean | undefined
}

export async function logReport(
  file: DatabaseFile,
  range: Range,
  options: LogReportOptions,
  now: number,
): Promise<LogModel> {
  const { collection, key, origin, kind } = options
  const { after, through } = await chosen(file, range, options)
  const floor = range.floor.seq
  return logModel(sourceOf(file.path, { data: options.data, now }), {
    entries: scanLog(file.inspect.bind(file), floor - 1, through),
    trimmed: floor > 1,
    after,
    collection,
    keys: key === undefined ? undefined : keysMeant(key),
    query: [origin && termText('origin', origin), kind && termText('kind', kind)].filter(Boolean).join(' '),
  })
}

/** The range from the first to the last entry that the filters and the limit leave. */
async function chosen(
  file: DatabaseFile,
  range: Range,
  options: LogReportOptions,
): Promise<{ after: number; through: number }> {
  const { after, through } = range
  const { since, until, origin, kind, limit } = options
  if ([since, until, origin, kind, limit].every((option) => option === undefined)) return { after, through }
  const matches = matcher(options)
  let first = through + 1
  let last = through
  let found = 0
  for await (const scanned of scanLogBackwards(file.inspect.bind(file), after, through)) {
    if (found === (limit ?? Number.POSITIVE_INFINITY)) break
    if (!matches(scanned)) continue
    if (found++ === 0) last = scanned.entry === undefined ? scanned.through : scanned.seq
    first = scanned.seq
  }
  return { after: first - 1, through: last }
}
