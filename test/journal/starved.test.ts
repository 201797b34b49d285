import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { encodeOps, openDaybook } from '../../src/node.js'
import { newFile } from '../support/files.js'

it('a loop of awaited appends, which no timer comes between, is posted all the same', async () => {
  const filename = newFile()
  const daybook = openDaybook({ filename, retain: 'all' })
  await daybook.ready
  let ticks = 0
  const timer = setInterval(() => ticks++, 0)
  for (let originSeq = 1; originSeq <= 12_000; originSeq++) {
    const parts = encodeOps([{ op: 'put', collection: 'todos', key: originSeq % 100, value: { originSeq } }])
    await daybook.journal.append({ origin: 'loop', originSeq, parts })
  }
  clearInterval(timer)
  expect(ticks).toBeLessThan(10)
  // A call of daybook would post what is left before it answers.
  const database = new Database(filename, { readonly: true })
  expect(database.prepare('SELECT seq FROM daybook_cursor').pluck().get()).toBeGreaterThan(500)
  database.close()
  expect((await daybook.verify()).clean).toBe(true)
  await daybook.close()
})
