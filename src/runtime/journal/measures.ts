/** What there is in the database: sizes, positions, collections. Loaded when somebody asks. */

import { first, type Program } from '../../drivers/program.js'
import { statement } from '../../drivers/query.js'
import { tail } from '../../log/append.js'
import { controlsOf } from '../../log/controls.js'
import { cursor } from '../../log/cursor.js'
import { floor } from '../../log/read.js'
import { log } from '../../log/tables.js'
import { pragma } from '../../materializer/measure.js'
import { listCollections } from '../../materializer/registry.js'
import { rowTable } from '../../materializer/tables.js'
import type { CollectionInfo, JournalStats } from './stats.js'

const measureLog = statement<[]>()(
  log
    .selectFrom('daybook_log')
    .select((e) => [e.fn.countAll<number>().as('entries'), e.fn.sum<number>('size').as('bodySize')]),
)

export function* measure(): Program<
  Pick<
    JournalStats,
    'head' | 'floor' | 'cursor' | 'entries' | 'bodySize' | 'fileBytes' | 'freeBytes' | 'collections'
  >
> {
  const { term, seq } = yield* tail()
  const { entries, bodySize } = (yield* first(measureLog)) as { entries: number; bodySize: number }
  const pageSize = Number(yield* pragma('page_size'))
  return {
    head: { term, seq },
    floor: yield* floor(),
    cursor: yield* cursor(),
    entries,
    bodySize: Number(bodySize),
    fileBytes: Number(yield* pragma('page_count')) * pageSize,
    freeBytes: Number(yield* pragma('freelist_count')) * pageSize,
    collections: yield* countCollections(),
  }
}

export function* countCollections(): Program<CollectionInfo[]> {
  const infos: CollectionInfo[] = []
  for (const { collection, rowTable: table } of yield* listCollections()) {
    const counted = yield* first(rowTable(table).count)
    const { schemaVersion } = yield* controlsOf(collection)
    infos.push({ id: collection, rowTable: table, rows: counted?.count ?? 0, schemaVersion })
  }
  return infos
}
