/** Kysely as a compiler only: statements are built once, at module load or per table, and run by programs. */

import {
  type Compilable,
  DummyDriver,
  type Expression,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import type { SqlValue, Statement } from './statement.js'

/** A query builder over the given tables that compiles to SQLite's dialect and executes nothing. */
export const queryBuilder = <Tables>(): Kysely<Tables> =>
  new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })

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
