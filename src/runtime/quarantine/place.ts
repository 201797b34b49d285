/** Where a database lies, for whoever sets a damaged one aside: files of a folder, folders of a browser. */

import type { MaybePromise } from '../../drivers/statement.js'
import type { Clock } from '../clock.js'
import type { Salvaged } from './salvage/report.js'

/** A place in which a database lies, and which can be given another one. */
export interface Place {
  /** Nobody but daybook puts anything there: what is no database at all was one. */
  readonly isOurs: boolean
  /** Whether damage was met since all of the database was looked at. */
  isSuspect(): MaybePromise<boolean>
  /** Remembers that damage was met, as far as that is possible here; must not throw. */
  suspect(reason: Error): MaybePromise<void>
  /** Remembers no more, as far as that is possible here; must not throw. */
  trust(): MaybePromise<void>
  /** Salvages what can be read of the database, which is closed, beside it. */
  salvage(): Promise<Salvaged>
  /**
   * Sets the database aside, all at once or not at all, and puts in its place what was salvaged, or nothing. Answers with
   * where the damaged one is then.
   */
  replace(salvaged: Salvaged | undefined): MaybePromise<string>
}

/** The time as a part of a name. */
export const timeInName = (clock: Clock): string => new Date(clock.now()).toISOString().replaceAll(':', '-')
