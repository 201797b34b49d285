/**
 * A read transaction that stays open on a connection of its own: everything that is read through it is as of one moment,
 * however long the reading takes and whoever writes meanwhile. The -wal cannot shrink for as long.
 */

import type { Connection } from './driver.js'
import { type Program, runProgram } from './program.js'
import { classifyError } from './sqlite-errors.js'
import type { MaybePromise } from './statement.js'

export interface Snapshot {
  run<T>(program: Program<T>): MaybePromise<T>
  /** Ends it and closes its connection. */
  close(): Promise<void>
}

/** Nobody else may use the connection. */
export async function snapshotOn(connection: Connection): Promise<Snapshot> {
  const execute = async (sql: string): Promise<void> => {
    await connection.execute({ sql }, [])
  }
  try {
    await execute('BEGIN')
    // The moment is that of the first read.
    await execute('SELECT count(*) FROM sqlite_master')
  } catch (error) {
    await connection.close()
    throw classifyError(error)
  }
  return {
    run: (program) =>
      runProgram(program, ({ statement, parameters }) => {
        try {
          return connection.execute(statement, parameters)
        } catch (error) {
          throw classifyError(error, statement.sql)
        }
      }),
    async close() {
      if (connection.inTransaction()) await execute('ROLLBACK')
      await connection.close()
    },
  }
}
