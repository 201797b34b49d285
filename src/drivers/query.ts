/** Kysely as a compiler only: statements are built once, at module load or per table, and run by programs. */

import {
  type Compilable,
  DefaultQueryExecutor,
  type Expression,
  QueryCreator,
  type RawBuilder,
  SqliteAdapter,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import type { Step } from './program.js'
import type { SqlValue, Statement } from './statement.js'

const executor = new DefaultQueryExecutor(new SqliteQueryCompiler(), new SqliteAdapter(), {
  provideConnection: () =>
    Promise.reject(new Error('daybook: queries are compiled here and run by a driver')),
})

/**
 * A query builder over the given tables that compiles to SQLite's dialect and executes nothing. Not a whole `Kysely`: a
 * bundler would take its schema builders and its transactions with it.
 */
export const queryBuilder = <Tables>(): QueryCreator<Tables> => new QueryCreator<Tables>({ executor })

/** A `?` whose value is given each time the statement runs, in the order in which the text has them. */
export const parameter = <T>(): Expression<T> => sql<T>`?`

/** A constant in the text of a statement. */
export const literal = <T extends string | number>(value: T): Expression<T> => sql.lit(value)

/** Compiles a query to a statement; `Parameters` are the values for its `?`, in order. Constants must be literals. */
export const statement =
  <Parameters extends readonly SqlValue[]>() =>
  <Result>(query: Compilable<Result>): Statement<Parameters, Result> => {
    const { sql: text, parameters } = query.compile()
    if (parameters.length > 0) throw new Error(`daybook: a constant was bound as a parameter: ${text}`)
    return { sql: text }
  }

/** How many statements that were made from what somebody asks for are kept prepared. */
const MADE_LIMIT = 200
const made = new Map<string, Statement>()

/** A statement made from what somebody asks for, with its parameters; the same object for the same text. */
export function stepOf(query: RawBuilder<unknown>): Step {
  const { sql: text, parameters } = query.compile({ getExecutor: () => executor })
  let found = made.get(text)
  if (found === undefined) {
    const [oldest] = made.keys()
    if (made.size >= MADE_LIMIT && oldest !== undefined) made.delete(oldest)
    found = { sql: text }
    made.set(text, found)
  }
  return { statement: found, parameters: parameters as readonly SqlValue[] }
}
