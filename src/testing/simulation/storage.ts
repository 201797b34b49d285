/**
 * Where a simulated browser keeps its database: a real file, which any number of leaders can have open at once, or a
 * virtual disk, from which the power can be taken.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBetterSqlite3 } from '../../drivers/better-sqlite3.js'
import type { Connection } from '../../drivers/driver.js'
import type { Durability } from '../../drivers/settings.js'
import { type DiskConnection, openDisk } from './disk-vfs.js'
import { VirtualDisk } from './virtual-disk.js'

export interface Storage {
  open(): Promise<DiskConnection>
  /** Looks at what is stored now, while nobody writes. */
  look<T>(work: (connection: Connection) => T): Promise<T>
  readonly disk: VirtualDisk | undefined
  remove(): void
}

/** Nobody waits for locks: time is virtual, and a wait would stop all of it. */
const busyTimeout = 0

/** A folder in memory, where the system has one: nothing of it is to survive, and an fsync costs nothing there. */
const MEMORY = '/dev/shm'

/** A database file in a temporary folder. */
export function fileStorage(): Storage {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'daybook-simulation-'))
  const connect = (): Connection => {
    const connection = connectBetterSqlite3(join(folder, 'daybook.db'), {
      durability: 'process',
      busyTimeout,
    })
    // What a killed process has handed to the system is kept without an fsync, which costs much of the time.
    void connection.execute({ sql: 'PRAGMA synchronous = OFF' }, [])
    return alone(connection)
  }
  return {
    disk: undefined,
    async open() {
      const connection = connect()
      return { connection, kill: () => void connection.close() }
    },
    async look(work) {
      const connection = connect()
      try {
        return work(connection)
      } finally {
        void connection.close()
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A virtual disk. */
export function diskStorage(durability: Durability): Storage {
  const disk = new VirtualDisk()
  return {
    disk,
    open: () => openDisk(disk, { durability, busyTimeout }),
    async look(work) {
      const { connection, kill } = await openDisk(disk.copy(), { durability, busyTimeout })
      try {
        return work(connection)
      } finally {
        kill()
      }
    },
    remove: () => undefined,
  }
}

/** As the browser's: nobody else has the file open, so there is no token of changes. */
const alone = ({ changeToken: _, ...connection }: Connection): Connection => connection
