/** What `daybook.redact()` and `daybook.forget()` answer. */

export type { Redacted, RedactionPlan, SeqRange } from '../../materializer/redact.js'

export interface Forgotten {
  /** The rows that were there and are deleted. */
  readonly rows: number
  /** The entries of which something was blanked. */
  readonly entries: number
}
