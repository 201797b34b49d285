/** The lanes of a `log` page: one a collection, the busiest first; beyond some, the others share one. */

import type { Timeline } from '../../model.js'
import { entryAt } from '../entries.js'
import type { Binned, Lane, Marks, Stack } from '../timeline/bins.js'
import { count, plain } from '../words.js'

const LANES = 8

export function collectionLanes(
  timeline: Timeline,
  choose: (collection: string) => void,
  isChosen: (collection: string) => boolean,
): Binned {
  const ops = timeline.collections.map(() => 0)
  for (const [, , , , , , , changes] of timeline.entries)
    for (const [collection, ...counts] of changes)
      ops[collection]! += counts.reduce((sum, each) => sum + each, 0)
  const busiest = ops.map((_, collection) => collection).sort((a, b) => ops[b]! - ops[a]!)
  const own = busiest.length > LANES ? busiest.slice(0, LANES - 1) : busiest
  const laneOf = new Map(own.map((collection, lane) => [collection, lane]))
  const lanes: Lane[] = own.map((collection) => {
    const id = timeline.collections[collection] as string
    return {
      label: id,
      title: `${id}: ${count(ops[collection] as number, 'op')}. Show only its entries.`,
      choose: () => choose(id),
      isChosen: () => isChosen(id),
    }
  })
  if (own.length < busiest.length) {
    const others = busiest.length - own.length
    lanes.push({ label: `${plain(others)} more`, title: `${plain(others)} more collections` })
  }
  return {
    count: timeline.entries.length,
    lanes,
    marksOf: (index) =>
      entryAt(timeline, index).changes.map(
        ([collection, ...counts]): Marks => ({
          lane: laneOf.get(collection) ?? own.length,
          stack: counts as Stack,
        }),
      ),
    bytesOf: (index) => entryAt(timeline, index).bytes,
    isDamaged: (index) => entryAt(timeline, index).damage !== undefined,
  }
}
