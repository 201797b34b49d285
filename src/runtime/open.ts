/** From a driver to a working journal: find or create the tables, refuse what cannot be read, put the parts together. */

import type { Driver } from '../drivers/driver.js'
import type { Durability } from '../drivers/settings.js'
import { sqliteWarnings } from '../drivers/sqlite-version.js'
import type { DestroyedError } from '../errors.js'
import { createLog, findLog } from '../log/schema.js'
import type { Retain } from '../materializer/compact.js'
import { MATERIALIZER_SCHEMA } from '../materializer/tables.js'
import type { Clock } from './clock.js'
import type { Opened } from './daybook/opened.js'
import { LocalJournal } from './journal/local.js'
import type { JournalEvent } from './journal/meter.js'
import { Maintenance } from './maintenance.js'
import { type Origin, randomId } from './origin.js'

export interface OpenParts {
  readonly driver: Driver
  readonly clock: Clock
  readonly origin: Origin
  readonly durability: Durability
  readonly retain: Retain
  readonly onError: (error: unknown) => void
  /** Told of what the journal does; must not throw. */
  readonly trace?: ((event: JournalEvent) => void) | undefined
  /** Told once, when another context has destroyed the log. */
  readonly onDestroyed?: ((error: DestroyedError) => void) | undefined
}

/** A database that this context has open. */
export interface OpenedHere extends Opened {
  readonly journal: LocalJournal
}

/** @throws NewerFormatError, NotADatabaseError, CorruptFileError, ReadOnlyError, BusyError; the driver is closed then */
export async function openJournal({
  driver,
  clock,
  origin,
  durability,
  retain,
  onError,
  trace,
  onDestroyed = () => undefined,
}: OpenParts): Promise<OpenedHere> {
  try {
    const facts =
      (await driver.transaction('read', findLog)) ??
      (await driver.transaction('write', () =>
        createLog({ id: randomId(), origin: origin.id, createdAt: clock.now() }, MATERIALIZER_SCHEMA),
      ))
    // The bug needs a second connection.
    const ofSqlite = driver.changeToken === undefined ? [] : sqliteWarnings(driver.sqliteVersion)
    const warnings = [...(driver.warnings ?? []), ...ofSqlite]
    const journal = new LocalJournal({
      driver,
      clock,
      origin,
      retain,
      onError,
      trace,
      log: { id: facts.id, onDestroyed },
    })
    return {
      journal,
      warnings,
      maintenance: new Maintenance({ journal, driver, facts, durability, warnings }),
    }
  } catch (error) {
    await driver.close()
    throw error
  }
}
