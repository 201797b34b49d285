/**
 * Redacted parts: what a part of a body becomes when some of its ops are blanked.
 *
 *   {"was":"<digest of the part as it was written>","is":"<digest of the ops that stay>","ops":[…]}
 *
 * A written part is always an array, so an object is never mistaken for one. `was` stands for the part in the chain, so
 * every checksum stays what it was (L7). `is` lets a reader find damage of the ops that stay as they come off the disk;
 * the record (redaction.ts) says the same from elsewhere in the log. All of it stands at fixed places.
 */

import { digest } from './checksum.js'

const WAS = '{"was":"'
const IS = '","is":"'
const OPS = '","ops":'
const DIGEST_LENGTH = 16

const IS_AT = WAS.length + DIGEST_LENGTH + IS.length
const OPS_AT = IS_AT + DIGEST_LENGTH + OPS.length

/** Whether ops of this part were blanked. */
export const isRedacted = (part: string): boolean => part.startsWith(WAS)

/** The digest of a redacted part as it was written. */
const wasOf = (part: string): string => part.slice(WAS.length, WAS.length + DIGEST_LENGTH)

/** The digest of what stays of a redacted part. */
export const isOf = (part: string): string => part.slice(IS_AT, IS_AT + DIGEST_LENGTH)

/** The ops that are in a part, as the JSON text of an array. */
export const opsText = (part: string): string => (isRedacted(part) ? part.slice(OPS_AT, -1) : part)

/** What stands for a part in the chain: the digest of its text as it was written. */
export const partDigest = (part: string): string => (isRedacted(part) ? wasOf(part) : digest(part))

/** The part with these ops left, whether it was redacted before or not. */
export const redactedPart = (part: string, ops: string): string =>
  `${WAS}${partDigest(part)}${IS}${digest(ops)}${OPS}${ops}}`

/** Whether a redacted part is what was left of it. */
export const isSoundlyRedacted = (part: string): boolean => part === redactedPart(part, opsText(part))
