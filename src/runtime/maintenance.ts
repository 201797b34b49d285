/**
 * What only the context that has the database can do: look at the whole of it, check it, mend it. Rare enough for a worker
 * to load the code when it is asked for.
 */

import type { Driver } from '../drivers/driver.js'
import type { Durability } from '../drivers/settings.js'
import type { FileFacts } from '../log/schema.js'
import { post as postSome } from '../materializer/post.js'
import type { Key } from '../values/key.js'
import type { MaintenanceCalls } from './journal/calls.js'
import type { LocalJournal } from './journal/local.js'
import type { Forgotten, Redacted, RedactionPlan, SeqRange } from './journal/redactions.js'
import type { CollectionInfo, JournalStats } from './journal/stats.js'
import type { Verification } from './journal/verification.js'

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
    const { countCollections } = await import('./on-request.js')
    return this.#parts.journal.inspectPosted(countCollections)
  }

  async stats(): Promise<JournalStats> {
    const { driver, facts, durability, warnings, journal } = this.#parts
    const { posted } = journal.meter.counters
    const { measure } = await import('./on-request.js')
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
    const { verify } = await import('./on-request.js')
    const { journal, driver } = this.#parts
    const inspect = journal.inspect.bind(journal)
    if (driver.readonly) return verify({ inspect })
    const post = async (): Promise<void> => {
      while ((await journal.maintain(() => postSome(POST_BATCH))) > 0);
    }
    return verify({ inspect, post })
  }

  async rebuild(): Promise<void> {
    const { rebuild } = await import('./on-request.js')
    await this.#parts.journal.maintain(rebuild)
  }

  async planRedaction(range: SeqRange): Promise<RedactionPlan> {
    return (await import('./on-request.js')).planRedaction(this.#parts.journal, range)
  }

  async redact(range: SeqRange): Promise<Redacted> {
    return (await import('./on-request.js')).redact(this.#parts.journal, range)
  }

  async forget(collection: string, keys: readonly Key[]): Promise<Forgotten> {
    return (await import('./on-request.js')).forget(this.#parts.journal, collection, keys)
  }
}
