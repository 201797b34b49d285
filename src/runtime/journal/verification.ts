/** What `daybook.verify()` answers. */

import type { Finding } from '../../log/finding.js'

export type { Finding }

export interface Verification {
  /** Nothing was found. */
  readonly clean: boolean
  /** What is wrong, oldest first. */
  readonly findings: readonly Finding[]
  /** What could not be checked, and why. */
  readonly unchecked: readonly string[]
  readonly entriesChecked: number
  readonly rowsChecked: number
}
