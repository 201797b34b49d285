/**
 * An insert must not overwrite a row that nobody has seen.
 *
 * Core checks the key of an insert against what is loaded. A row that was on disk but not loaded yet, or that another
 * process has written meanwhile, is found here, before the append.
 */

import { KeyTakenError } from '../../errors.js'
import type { Key } from '../../values/key.js'
import { acceptedRow } from './core-writer.js'
import { runOf } from './follow.js'
import type { Mutation } from './mutations.js'

/** @throws KeyTakenError; the error of the first load, when that failed */
export function refuseTakenKeys(mutations: readonly Mutation[]): Promise<void> | undefined {
  const unseen: Mutation[] = []
  for (const mutation of mutations) {
    const { type, key, collection } = mutation
    const run = runOf(collection)
    if (run === undefined) continue
    const known = !run.isLoading && type === 'insert' && acceptedRow(collection, key as Key) !== undefined
    if (known) throw new KeyTakenError(collection.id, key as Key)
    if (run.isLoading || (run.mayMissRows && type === 'insert')) unseen.push(mutation)
  }
  return unseen.length > 0 ? refuseAfterLooking(unseen) : undefined
}

// While a collection loads, all that can be changed or deleted are rows that were inserted meanwhile: when such an
// insert is refused, what was done to its row afterwards is refused as well.
async function refuseAfterLooking(mutations: readonly Mutation[]): Promise<void> {
  await Promise.all(
    mutations.map(async ({ collection, key }) => {
      if (await runOf(collection)?.isOnDisk(key as Key)) throw new KeyTakenError(collection.id, key as Key)
    }),
  )
}
