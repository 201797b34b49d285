/** The (term, seq) of an entry; written `3:1041`. `seq` counts from 1 over the whole log. */
export interface Position {
  readonly term: number
  readonly seq: number
}

/** `3:1041`, the way positions are written everywhere.
 *
 * @example
 * formatPosition({ term: 3, seq: 1041 }) // '3:1041'
 */
export const formatPosition = (position: Position): string => `${position.term}:${position.seq}`
