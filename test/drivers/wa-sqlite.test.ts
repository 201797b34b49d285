/** The driver on wa-sqlite, on real files of Node; test/browser has it on those of a browser. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import createModule from 'wa-sqlite/dist/wa-sqlite.mjs'
import type { Driver } from '../../src/drivers/driver.js'
import { openMemory } from '../../src/drivers/opfs-pool.js'
import { openDatabase, waSqliteDriver } from '../../src/drivers/wa-sqlite.js'
import { describeDriver } from '../../src/testing.js'
import { put } from '../support/arbitraries.js'
import { newFile } from '../support/files.js'
import { History } from '../support/history.js'
import { NodeVfs } from '../support/node-vfs.js'
import { openFile, openOn } from '../support/open.js'

const require = createRequire(import.meta.url)
const wasmOf = (name: string): Buffer => readFileSync(require.resolve(`${name}/dist/wa-sqlite.wasm`))
const settings = { durability: 'process', busyTimeout: 0 } as const

async function openWaSqlite(filename: string): Promise<Driver> {
  const module = await createModule({ wasmBinary: wasmOf('wa-sqlite') })
  const db = openDatabase(module, filename, new NodeVfs())
  return waSqliteDriver({ name: 'wa-sqlite', module, db, close: () => undefined }, settings)
}

describeDriver('wa-sqlite', openWaSqlite, { alone: true })

test('keeps nothing of a statement that fails, however it is used again', async () => {
  const driver = await openWaSqlite(newFile())
  const insert = { sql: 'INSERT INTO t VALUES (?)' }
  const write = async (value: number): Promise<unknown> =>
    driver.statement({ statement: insert, parameters: [value] })
  await driver.statement({ statement: { sql: 'CREATE TABLE t (a UNIQUE)' }, parameters: [] })
  await write(1)
  for (let n = 0; n < 3; n++) await expect(write(1)).rejects.toMatchObject({ code: 'DAYBOOK_SQLITE' })
  await write(2)
  await driver.close()
  await expect(write(3)).rejects.toMatchObject({ code: 'DAYBOOK_CANNOT_OPEN' })
})

test.each(['wa-sqlite', '@journeyapps/wa-sqlite'])(
  'the rows of a log are the same on %s as on better-sqlite3',
  async (name) => {
    const { default: create } = await import(`${name}/dist/wa-sqlite.mjs`)
    const opened = await openMemory({
      name,
      createModule: () => create({ wasmBinary: wasmOf(name) }),
    })
    const ours = await openOn(await waSqliteDriver(opened, settings))
    const theirs = await openFile(newFile())
    const history = new History()
    for (let n = 0; n < 200; n++) {
      history.make([
        put('todos', n % 20, {
          id: n % 20,
          title: `Größe ${n} 日本語`,
          at: new Date(n),
          n: BigInt(n) ** 20n,
        }),
        { op: 'patch', collection: 'todos', key: (n + 1) % 20, fields: { ratio: n / 7 }, unset: ['at'] },
        { op: 'delete', collection: 'todos', key: `${n % 3}` },
      ])
    }
    for (const { transaction } of history.asked) {
      await ours.journal.append(transaction)
      await theirs.journal.append(transaction)
    }
    const rowsOf = async ({ journal }: typeof ours) => (await journal.query('todos')).rows
    const rows = await rowsOf(theirs)
    expect(rows).toHaveLength(20)
    expect(await rowsOf(ours)).toEqual(rows)
    await ours.maintenance.rebuild()
    expect(await rowsOf(ours)).toEqual(rows)
    expect((await ours.maintenance.verify()).findings).toEqual([])
    await ours.journal.close()
    await theirs.journal.close()
  },
)
