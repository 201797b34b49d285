/** Statements and what goes in and out of them: the only words that the core and a binding share. */

/** What a parameter can be. Booleans, undefined, bigint and dates never reach a binding: they differ too much there. */
export type SqlValue = string | number | null

/** One row of an answer, by column name. */
export type SqlRow = Readonly<Record<string, unknown>>

/** A statement, built once; a connection prepares it once and finds it again by identity. */
export interface Statement<Parameters extends readonly SqlValue[] = readonly SqlValue[], Result = unknown> {
  readonly sql: string
  /** Only for the type checker: what goes in and what comes out. */
  readonly types?: (parameters: Parameters) => Result
}

/** A value now, or later. */
export type MaybePromise<T> = T | Promise<T>
