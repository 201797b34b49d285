/** The short name of a subset: the same text for the same subset, in every context and at every start. */

import { digest } from '../../../log/checksum.js'
import type { Subset } from '../../../materializer/subset/subset.js'
import { encodeValue } from '../../../values/value.js'

/** Nothing for a subset that cannot be written down. */
export function subsetDigest(subset: Subset): string | undefined {
  try {
    const { json, notes } = encodeValue(subset)
    return digest(JSON.stringify([json, notes]))
  } catch {
    // A comparison function of the app's own.
    return undefined
  }
}
