/** The short name of a subset: the same text for the same subset, in every context and at every start. */

import { digest } from '../../../log/checksum.js'
import type { Subset } from '../../../materializer/subset/subset.js'
import type { Codecs } from '../../../values/codecs.js'
import { encodeValue } from '../../../values/value.js'

/** Nothing for a subset that cannot be written down. */
export function subsetDigest(subset: Subset, codecs?: Codecs): string | undefined {
  try {
    const { json, notes } = encodeValue(subset, codecs)
    return digest(JSON.stringify([json, notes]))
  } catch {
    // A comparison function of the app's own.
    return undefined
  }
}
