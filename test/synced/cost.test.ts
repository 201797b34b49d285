/** What a synced collection costs others, and the disk, when little or nothing is new. */

import { expect, test } from 'vitest'
import { eventually, newFile, open, rowsByKey } from '../runtime/fixture.js'
import { sql } from '../support/open.js'
import { insert, Source, syncedTodos, update } from './source.js'

const COUNT = 20_000
const rows = Array.from({ length: COUNT }, (_, id) => ({ id, title: `todo ${id}` }))

test('another handle catches up with a transaction of 129 rows by 129 events', async () => {
  const file = newFile()
  const source = new Source()
  const owner = syncedTodos(open(file), source)
  owner.startSyncImmediate()
  await eventually(() => source.params !== undefined)
  source.send(...rows.map(insert))
  source.running.markReady()
  const other = syncedTodos(open(file), new Source())
  await other.preload()
  await eventually(() => other.size === COUNT)
  let events = 0
  let batches = 0
  other.subscribeChanges((changes) => {
    events += changes.length
    batches++
  })
  await eventually(() => other.size === COUNT)
  events = 0
  batches = 0
  source.send(...Array.from({ length: 129 }, (_, n) => update({ id: n * 100, title: 'changed' })))
  await eventually(() => other.get(12_800)?.title === 'changed')
  expect(events).toBe(129)
  expect(batches).toBe(1)
  expect(rowsByKey(other)).toEqual(rowsByKey(owner))
})

test('a restart with nothing new rewrites no row', async () => {
  const file = newFile()
  const snapshot = (params: Source['running']): void => {
    params.begin()
    params.truncate()
    for (const row of rows) params.write(insert({ ...row }))
    params.metadata?.collection.set('token', 1)
    params.commit()
    params.markReady()
  }
  const start = async (): Promise<void> => {
    const daybook = open(file)
    const source = new Source({ onStart: snapshot })
    const todos = syncedTodos(daybook, source)
    await todos.preload()
    await eventually(() => source.starts === 1 && todos.size === COUNT)
    await daybook.close()
  }
  const written = () =>
    sql<{ n: number; newest: number }>(file, 'SELECT count(*) AS n, max(seq) AS newest FROM rows_todos')[0]
  const pages = () =>
    sql<{ kind: string; bytes: number }>(
      file,
      "SELECT kind, sum(size) AS bytes FROM daybook_log WHERE kind <> 'claim' AND kind <> 'term' GROUP BY kind",
    )
  await start()
  const before = { rows: written(), log: pages() }
  expect(before.rows?.n).toBe(COUNT)
  for (let time = 0; time < 3; time++) await start()
  expect({ rows: written(), log: pages() }).toEqual(before)
})
