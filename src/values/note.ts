/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** What JSON cannot say about one place in a value: a type, then the path to the place. */
export type Note = readonly [type: string, ...path: (string | number)[]]

/** A value as it is stored: JSON that SQL can query, and notes for what JSON cannot say. */
export interface Encoded {
  readonly json: Json
  readonly notes: readonly Note[] | undefined
}
