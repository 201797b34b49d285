/** What only the context that has the database can do: look at the whole of it, check it, mend it. */

import type { Driver } from '../drivers/driver.js'
import { first, type Program } from '../drivers/program.js'
import { statement } from '../drivers/query.js'
import type { Durability } from '../drivers/settings.js'
import { tail } from '../log/append.js'
import { controlsOf } from '../log/controls.js'
import { cursor } from '../log/cursor.js'
import { floor } from '../log/read.js'
import type { FileFacts } from '../log/schema.js'
import { log } from '../log/tables.js'
import { pragma } from '../materializer/measure.js'
import { post as postSome } from '../materializer/post.js'
import { rebuild } from '../materializer/rebuild.js'
import { listCollections } from '../materializer/registry.js'
import { rowTable } from '../materializer/tables.js'
import type { Key } from '../values/key.js'
import type { MaintenanceCalls } from './journal/calls.js'
import type { LocalJournal } from './journal/local.js'
import type { Forgotten, Redacted, RedactionPlan, SeqRange } from './journal/redactions.js'
import type { CollectionInfo, JournalStats } from './journal/stats.js'
import type { Verification } from './journal/verification.js'

const measureLog = statement<[]>()(
  log
    .selectFrom('daybook_log')
    .select((e) => [e.fn.countAll<number>().as('entries'), e.fn.sum<number>('size').as('bodySize')]),
)

/** Entries posted in one transaction, so that appends come in between. */
const POST_BATCH = 500

export interface MaintenanceParts {
  readonly journal: LocalJournal
  readonly driver: Driver
  readonly facts: FileFacts
  readonly durability: Durability
  readonly warnings: readonly string[]
}

export class Maintenance implements MaintenanceCalls {
  readonly #parts: MaintenanceParts

  constructor(parts: MaintenanceParts) {
    this.#parts = parts
  }

  async identity(): Promise<string> {
    return this.#parts.facts.id
  }

  async collections(): Promise<CollectionInfo[]> {
    return this.#parts.journal.inspectPosted(countCollections)
  }

  async stats(): Promise<JournalStats> {
    const { driver, facts, durability, warnings, journal } = this.#parts
    const { posted } = journal.meter.counters
    const measured = await journal.inspectPosted(measure)
    const { counters } = journal.meter
    // Where nothing can be posted it is still behind.
    const backlog = driver.readonly ? measured.head.seq - measured.cursor : counters.posted - posted
    return {
      ...facts,
      ...measured,
      driver: driver.name,
      sqliteVersion: driver.sqliteVersion,
      readonly: driver.readonly,
      durability,
      warnings,
      counters: { ...counters, backlog },
    }
  }

  async verify(): Promise<Verification> {
    // Rare enough for a worker to load it when it is asked for.
    const { verify } = await import('./verify.js')
    const { journal, driver } = this.#parts
    const inspect = journal.inspect.bind(journal)
    if (driver.readonly) return verify({ inspect })
    const post = async (): Promise<void> => {
      while ((await journal.maintain(() => postSome(POST_BATCH))) > 0);
    }
    return verify({ inspect, post })
  }

  async rebuild(): Promise<void> {
    await this.#parts.journal.maintain(rebuild)
  }

  async planRedaction(range: SeqRange): Promise<RedactionPlan> {
    return (await import('./redact.js')).planRedaction(this.#parts.journal, range)
  }

  async redact(range: SeqRange): Promise<Redacted> {
    return (await import('./redact.js')).redact(this.#parts.journal, range)
  }

  async forget(collection: string, keys: readonly Key[]): Promise<Forgotten> {
    return (await import('./redact.js')).forget(this.#parts.journal, collection, keys)
  }
}

function* measure(): Program<
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

function* countCollections(): Program<CollectionInfo[]> {
  const infos: CollectionInfo[] = []
  for (const { collection, rowTable: table } of yield* listCollections()) {
    const counted = yield* first(rowTable(table).count)
    const { schemaVersion } = yield* controlsOf(collection)
    infos.push({ id: collection, rowTable: table, rows: counted?.count ?? 0, schemaVersion })
  }
  return infos
}
