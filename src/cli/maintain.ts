/** How a verb changes a file: as an app would, through a journal of its own. */

import { systemClock } from '../runtime/clock.js'
import { type OpenedHere, openJournal } from '../runtime/open.js'
import { Origin } from '../runtime/origin.js'
import { DatabaseFile } from './database-file.js'

/** @throws BusyError when an app keeps the database locked; CannotOpenError, ReadOnlyError */
export async function maintain<T>(path: string, work: (opened: OpenedHere) => Promise<T>): Promise<T> {
  const { driver } = await DatabaseFile.open(path, 'write')
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const parts = { driver, clock: systemClock, origin: new Origin(), onError }
  const opened = await openJournal({ ...parts, durability: 'power', retain: 'all' })
  let answer: T
  try {
    answer = await work(opened)
  } finally {
    await opened.journal.close()
  }
  if (errors.length > 0) throw errors[0]
  return answer
}
