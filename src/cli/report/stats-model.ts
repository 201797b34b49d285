/** A `stats` page: the counts as they are, the longest lists cut. */

import { count } from '../output/words.js'
import type { Source, Stats, StatsModel } from './model.js'

/** Bars, entries and keys of each list: more than anybody looks through. */
const LISTED = 200
/** Hours: a bar of the chart may be more than one of them. */
const HOURS = 20_000

export function statsModel(source: Source, stats: Stats): StatsModel {
  const { collections, kinds, origins, hours, largest, hotKeys } = stats
  const lists = { collections, kinds, origins, largest, 'keys written most': hotKeys }
  const remarks = Object.entries(lists).flatMap(([name, list]) =>
    list.length > LISTED
      ? [`${name}: the first ${LISTED} of ${count(list.length, 'line')} are in this page.`]
      : [],
  )
  if (hours.length > HOURS) remarks.push(`The chart begins ${count(HOURS, 'hour')} before the last entry.`)
  return {
    ...source,
    remarks: [...source.remarks, ...remarks],
    report: 'stats',
    collections: collections.slice(0, LISTED),
    kinds: kinds.slice(0, LISTED),
    origins: origins.slice(0, LISTED),
    hours: hours.slice(-HOURS),
    largest: largest.slice(0, LISTED),
    hotKeys: hotKeys.slice(0, LISTED),
  }
}
