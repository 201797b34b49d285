/** The journal of a file that the command has open, for verbs that do what a daybook's handle does. */

import { systemClock } from '../runtime/clock.js'
import { type OpenedHere, openJournal } from '../runtime/open.js'
import { Origin } from '../runtime/origin.js'
import type { DatabaseFile } from './database-file.js'

/** The caller closes the file, and with it the journal. A failure of background work ends the verb. */
export const journalOf = (file: DatabaseFile): Promise<OpenedHere> =>
  openJournal({
    driver: file.driver,
    clock: systemClock,
    origin: new Origin(),
    durability: 'power',
    // A verb drops nothing that it was not asked to drop.
    retain: 'all',
    onError: (error) => {
      throw error
    },
  })
