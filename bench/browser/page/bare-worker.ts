import { openOpfs } from 'daybook-dist/drivers/opfs-pool.js'
import { run } from 'daybook-dist/drivers/program.js'
import { waSqliteDriver } from 'daybook-dist/drivers/wa-sqlite.js'
import createModule from 'wa-sqlite/dist/wa-sqlite.mjs'
import { AccessHandlePoolVFS } from 'wa-sqlite/src/examples/AccessHandlePoolVFS.js'
import type { Todo } from '../../rows.js'

const create = { sql: 'CREATE TABLE todos (id INTEGER PRIMARY KEY, value TEXT NOT NULL)' }
const insert = { sql: 'INSERT INTO todos VALUES (?, ?)' }
let driver: Awaited<ReturnType<typeof waSqliteDriver>>

async function answer({ name, rows }: { name?: string; rows?: Todo[] }): Promise<unknown> {
  if (name !== undefined) {
    const opened = await openOpfs({ name: 'wa-sqlite', createModule, AccessHandlePoolVFS }, `bare-${name}`)
    driver = await waSqliteDriver(opened, { durability: 'power', busyTimeout: 0 })
    await driver.transaction('write', () => run(create))
  }
  const from = performance.now()
  for (const row of rows ?? [])
    await driver.transaction('write', () => run(insert, row.id, JSON.stringify(row)))
  return { ms: performance.now() - from }
}

self.onmessage = ({ data }) => {
  answer(data).then(
    (result) => self.postMessage(result),
    (error: unknown) => self.postMessage({ error: String(error) }),
  )
}
