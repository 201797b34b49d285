/** Calls that an app makes of the whole database, with what it hands in checked. */

import { InvalidOptionError, UnsupportedError } from '../errors.js'
import type { Key } from '../values/key.js'
import type { Opened } from './daybook.js'
import type { Forgotten } from './journal/redactions.js'

/** @throws InvalidOptionError, and what the log refuses */
export async function forget(
  { maintenance }: Opened,
  collection: string,
  keys: readonly Key[],
): Promise<Forgotten> {
  if (typeof collection !== 'string') {
    throw new InvalidOptionError('collection', 'forget() needs the id of a collection.')
  }
  return maintenance.forget(collection, keys)
}

/** @throws UnsupportedError where there are no files */
export async function backup({ backup: copy }: Opened, path: string): Promise<void> {
  if (copy === undefined) throw new UnsupportedError('There are no files here to back up to.')
  await copy(path)
}
