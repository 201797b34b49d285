/**
 * `onCorruption: 'quarantine'`: an app starts although its database is damaged. The damaged one is set aside under a name
 * with the time, what can be read of it becomes the new one, and the app is told what was lost.
 *
 * Row tables that are damaged beside a log that is whole are made anew, and the app is told that.
 *
 * An open looks at what shows at once. A database in which damage was met while it was used is looked at in full.
 */

import type { Driver } from '../../drivers/driver.js'
import { first, type Program } from '../../drivers/program.js'
import { CorruptLogError, CorruptRowsError, NotADatabaseError, UnsalvageableError } from '../../errors.js'
import { cursor } from '../../log/cursor.js'
import type { Finding } from '../../log/finding.js'
import { checksumAt, page } from '../../log/read.js'
import { tail } from '../../log/tail.js'
import { listCollections } from '../../materializer/registry.js'
import { rowTable } from '../../materializer/tables.js'
import type { OpenedHere } from '../open.js'
import { isDamage, isProof } from './damage.js'
import { type Damage, inWords } from './in-words.js'
import type { Place } from './place.js'
import type { Salvaged } from './salvage/report.js'
import { watchForDamage } from './suspicion.js'

export interface QuarantineParts {
  readonly place: Place
  /** Opens the database, with what is put between the driver and everybody else. */
  readonly open: (watch: (driver: Driver) => Driver) => Promise<OpenedHere>
}

/** The same, when what is put between is there. */
type Opening = Omit<QuarantineParts, 'open'> & { readonly open: () => Promise<OpenedHere> }

/** Opens the database, or what can be salvaged of it. */
export async function openOrQuarantine({ open, ...parts }: QuarantineParts): Promise<OpenedHere> {
  const { place } = parts
  const watched = (): Promise<OpenedHere> =>
    open((driver) => watchForDamage(driver, (error) => place.suspect(error)))
  const opened = await openSound({ ...parts, open: watched })
  await place.trust()
  return opened
}

async function openSound(parts: Opening): Promise<OpenedHere> {
  let opened: OpenedHere | undefined
  try {
    opened = await parts.open()
    await opened.journal.inspect(look)
    const error = (await parts.place.isSuspect()) ? await lookAtAll(opened) : undefined
    return error === undefined ? opened : rebuilt(opened, error)
  } catch (error) {
    if (!isDamage(error)) {
      await opened?.journal.close()
      throw error
    }
    if (opened !== undefined) {
      // Rows that are ahead of the log are all that is left of its end, and where pages are damaged nothing is to be written.
      if (!isProof(error) && (await isMended(opened))) return rebuilt(opened, error)
      await opened.journal.close()
    }
    return quarantine(parts, error)
  }
}

/** What damage shows at once, whatever the size of the file: both ends of it, and a row of each table. */
function* look(): Program<void> {
  const { seq } = yield* tail()
  yield* page(seq - 1, 1, yield* checksumAt(seq - 1))
  const posted = yield* cursor()
  if (posted > seq) throw new CorruptRowsError(`they are posted through ${posted}, the log ends at ${seq}`)
  for (const { rowTable: table } of yield* listCollections()) yield* first(rowTable(table).after, '', 1)
}

/**
 * Checks everything. Answers with what was wrong, if row tables that were made anew have put it right.
 *
 * @throws CorruptLogError, CorruptRowsError when they have not
 */
async function lookAtAll(opened: OpenedHere): Promise<Error | undefined> {
  const { clean, findings } = await opened.maintenance.verify()
  if (clean) return undefined
  const { seq, message } = findings.find((finding) => finding.seq !== undefined) ?? (findings[0] as Finding)
  const error = seq === undefined ? new CorruptRowsError(message) : new CorruptLogError(seq, message)
  // What is wrong with the log, or with how the rows stand to it, no rebuild puts right; one in a file with damaged pages
  // could write over others.
  if (findings.every(({ invariant }) => invariant === 'M2') && (await isMended(opened))) return error
  throw error
}

/** Whether row tables could be made anew from the log, and all is in order then. What kept them from it, a salvage meets. */
async function isMended({ maintenance }: OpenedHere): Promise<boolean> {
  try {
    await maintenance.rebuild()
    return (await maintenance.verify()).clean
  } catch {
    return false
  }
}

async function quarantine({ place, open }: Opening, error: Error): Promise<OpenedHere> {
  let salvaged: Salvaged | undefined
  try {
    salvaged = await place.salvage()
  } catch (failure) {
    // No room, no memory: nothing is set aside, and the next open tries again.
    if (!(failure instanceof UnsalvageableError)) throw failure
    // A file that may not be daybook's at all stays where it is.
    if (error instanceof NotADatabaseError && !place.isOurs) throw error
  }
  const file = await place.replace(salvaged)
  return withDamage(await open(), { action: 'quarantined', error, file, salvaged })
}

const rebuilt = (opened: OpenedHere, error: Error): OpenedHere =>
  withDamage(opened, { action: 'rebuilt', error })

const withDamage = (opened: OpenedHere, damage: Damage): OpenedHere => ({
  ...opened,
  damage: { ...damage, message: inWords(damage) },
})
