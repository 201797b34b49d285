/** How much a page holds. A page that takes long to open is not looked at; what is beyond is left out, and it says so. */
export interface Limits {
  /** Entries on the timeline. */
  readonly entries: number
  /** Ops and rows together, in characters of JSON. */
  readonly characters: number
  /** One field of one row, in characters of JSON; a longer one is shown by its shape. */
  readonly field: number
  /** Rows of a diff. */
  readonly differences: number
}

export const LIMITS: Limits = { entries: 50_000, characters: 12e6, field: 4000, differences: 5000 }
