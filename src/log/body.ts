/** The body of an entry: parts, each the JSON text of an array of ops. */

import { opsText } from './redacted-part.js'
import type { StoredOp } from './stored-op.js'

/** Where a part is cut, in UTF-16 code units: at most 1.5 MiB of UTF-8, under the 2 MB that Durable Objects allow. */
export const PART_LENGTH = 1 << 19

/** The ops of a part as they are stored; of a redacted one those that stay. */
export const parseOps = (part: string): StoredOp[] => JSON.parse(opsText(part)) as StoredOp[]
