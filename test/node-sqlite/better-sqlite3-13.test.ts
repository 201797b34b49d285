/** better-sqlite3 13, which needs Node 22: the handle that an app on a newer Node has. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCollection } from '@tanstack/db'
import { expect, it } from 'vitest'
import { type BetterSqlite3Database, openDaybook, persistedCollectionOptions } from '../../src/node.js'
import { contendFor } from '../support/contend-for.js'

const Database = createRequire(new URL('../runtimes/package.json', import.meta.url))(
  'better-sqlite3',
) as new (
  filename: string,
) => BetterSqlite3Database

// On this Node daybook itself cannot load better-sqlite3 (the one in node_modules is for another).
it('holds the locks of a handle with the copy that the handle is of, also of a class derived from it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-better-sqlite3-13-'))
  class AppDatabase extends Database {
    constructor() {
      super(join(folder, 'app.db'))
      this.prepare('CREATE TABLE IF NOT EXISTS of_the_app (x)')
    }
  }
  const database = new AppDatabase()
  const daybook = openDaybook({ database })
  const claim = await new Promise<number>((resolve, reject) => {
    contendFor(daybook, 'issues', {
      onOwner: ({ seq }) => resolve(seq),
      onLost: () => undefined,
      onError: reject,
    })
  })
  expect(claim).toBe((await daybook.head()).seq)
  expect(readdirSync(join(folder, 'app.db-locks'))).toHaveLength(1)
  await daybook.close()
  database.close()
  rmSync(folder, { recursive: true })
})

it('works on a handle of better-sqlite3 13', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-better-sqlite3-13-'))
  const database = new Database(join(folder, 'app.db'))
  const daybook = openDaybook({ database })
  const todos = createCollection(
    persistedCollectionOptions({
      id: 'todos',
      getKey: (todo: { id: number }) => todo.id,
      persistence: daybook,
    }),
  )
  await todos.preload()
  await todos.insert({ id: 1 }).isPersisted.promise
  expect(await daybook.verify()).toMatchObject({ clean: true, rowsChecked: 1 })
  await daybook.close()
  expect(database.open).toBe(true)
  database.close()
  rmSync(folder, { recursive: true })
})
