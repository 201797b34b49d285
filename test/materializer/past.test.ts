/** The past: at every position what the model says, as far as it can be known; and never anything else. */

import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { openBetterSqlite3 } from '../../src/drivers/better-sqlite3.js'
import type { Inspect } from '../../src/log/scan.js'
import { KEEP } from '../../src/materializer/fold.js'
import { changesBetween } from '../../src/materializer/past/changes.js'
import { ABSENT, type Knowledge } from '../../src/materializer/past/known-row.js'
import { pastAt } from '../../src/materializer/past/past.js'
import { decodeKey } from '../../src/values/decode-key.js'
import { encodeKey, type Key } from '../../src/values/key.js'
import { decodeValue, type Json, type Note } from '../../src/values/value.js'
import { anyOps, collectionIds, keys, put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { History } from '../support/history.js'
import { apply, type Model, type ModelRow } from '../support/model.js'
import { exec, openConnection, sql } from '../support/open.js'

/** The model after each seq. */
type Models = Map<number, Model>

const copyOf = (model: Model): Model =>
  new Map([...model].map(([id, { rows, state }]) => [id, { rows: new Map(rows), state: new Map(state) }]))

/** A file with this history in it, in which the log was compacted where a step says so, and posted as far as it may be. */
async function withFile(
  steps: readonly (Parameters<History['make']>[0] | 'compact' | 'post')[],
  look: (file: {
    inspect: Inspect
    models: Models
    floor: number
    head: number
    path: string
  }) => Promise<void>,
): Promise<void> {
  const path = newFile()
  const session = await openConnection(connect(path))
  const history = new History()
  const model: Model = new Map()
  const models: Models = new Map([[0, new Map()]])
  for (const step of steps) {
    if (step === 'compact') await session.journal.compact()
    else if (step === 'post') await session.journal.query('todos')
    else apply(model, step, (await history.send(session, history.make(step))).seq)
    models.set((await session.journal.head()).seq, copyOf(model))
  }
  // Without close, which would post.
  await session.driver.close()
  const driver = openBetterSqlite3(path, { durability: 'process', busyTimeout: 1000, readonly: true })
  const inspect: Inspect = async (program) => driver.transaction('read', program)
  const [ends] = sql<{ floor: number; head: number }>(
    path,
    'SELECT min(seq) AS floor, max(seq) AS head FROM daybook_log',
  )
  for (let seq = 1; seq <= ends!.head; seq++) {
    // An entry that the session made by itself changes nothing.
    if (!models.has(seq)) models.set(seq, models.get(seq - 1)!)
  }
  try {
    await look({ inspect, models, path, ...ends! })
  } finally {
    await driver.close()
    removeFile(path)
  }
}

const decoded = ({ json, notes }: { json: Json; notes: readonly Note[] | undefined }): unknown =>
  decodeValue(structuredClone(json), notes)

/** Whether all that is said of a row is so; in words if not. */
function contradiction(knowledge: Knowledge, row: ModelRow | undefined): string | undefined {
  if (knowledge === ABSENT) return row === undefined ? undefined : 'it was there'
  if (row === undefined) return knowledge.exists ? 'it was not there' : undefined
  const fields = decoded(knowledge.row.value) as Record<string, unknown>
  if (knowledge.whole && !isDeepStrictEqual(fields, row.value)) return 'its value was another one'
  for (const [name, value] of Object.entries(fields)) {
    if (!isDeepStrictEqual(value, Object.entries(row.value).find(([own]) => own === name)?.[1]))
      return `${name} was another`
  }
  for (const name of knowledge.unset) if (Object.hasOwn(row.value, name)) return `${name} was there`
  const { metadata, seq } = knowledge.row
  if (metadata !== KEEP && !isDeepStrictEqual(metadata && decoded(metadata), row.metadata))
    return 'its metadata'
  if (seq !== 0 && knowledge.exists && seq !== row.seq) return `its seq was ${row.seq}, not ${seq}`
  return undefined
}

const isWholly = (knowledge: Knowledge): boolean =>
  knowledge === ABSENT ||
  (knowledge.exists === true && knowledge.whole && knowledge.row.metadata !== KEEP && knowledge.row.seq !== 0)

const rowOf = (model: Model, collection: string, key: Key): ModelRow | undefined =>
  model.get(collection)?.rows.get(key)

const step = fc.oneof(
  { weight: 6, arbitrary: anyOps },
  { weight: 1, arbitrary: fc.constantFrom('compact' as const, 'post' as const) },
)

describe('the rows at a position', () => {
  test('are those of the model at every position of a whole log, all of them and all of each', async () => {
    const steps = fc.array(fc.oneof({ weight: 6, arbitrary: anyOps }, fc.constant('post' as const)), {
      maxLength: 12,
    })
    await check(
      fc.asyncProperty(steps, async (history) => {
        await withFile(history, async ({ inspect, models, head }) => {
          for (let at = 1; at <= head; at++) {
            const past = await pastAt(inspect, at)
            const model = models.get(at)!
            for (const [id, { rows, mayHaveMore, state, mayHaveMoreState }] of past.collections()) {
              expect(mayHaveMore || mayHaveMoreState).toBe(false)
              expect(new Set([...rows.keys()].map(decodeKey))).toEqual(new Set(model.get(id)?.rows.keys()))
              for (const [key, row] of rows) {
                expect(isWholly(row)).toBe(true)
                expect(contradiction(row, rowOf(model, id, decodeKey(key)))).toBeUndefined()
              }
              const told = [...state].map(([name, value]) => [
                JSON.parse(name),
                decodeValue(
                  JSON.parse(value!.value),
                  value!.notes === null ? undefined : JSON.parse(value!.notes),
                ),
              ])
              expect(new Map(told as [string, unknown][])).toEqual(model.get(id)?.state ?? new Map())
            }
            expect([...past.collections()].map(([id]) => id)).toEqual([...model.keys()].sort())
          }
        })
      }),
      60,
    )
  })

  test('contradict the model nowhere after a compaction, and are known where nothing touches them since', async () => {
    await check(
      fc.asyncProperty(
        fc.array(step, { maxLength: 16 }),
        fc.array(anyOps, { maxLength: 5 }),
        async (steps, more) => {
          await withFile([...steps, 'compact', ...more], async ({ inspect, models, floor, head }) => {
            for (let at = floor; at <= head; at++) {
              const past = await pastAt(inspect, at)
              const model = models.get(at)!
              const now = models.get(head)!
              for (const id of collectionIds) {
                const collection = past.collection(id)
                for (const key of keys) {
                  const knowledge = past.row(id, encodeKey(key))
                  const was = rowOf(model, id, key)
                  expect(contradiction(knowledge, was), `${id} ${String(key)} at ${at}`).toBeUndefined()
                  if (was !== undefined && !collection?.mayHaveMore) {
                    expect([...collection!.rows.keys()]).toContain(encodeKey(key))
                  }
                  if (was !== undefined && isDeepStrictEqual(was, rowOf(now, id, key)) && at > floor) {
                    expect(knowledge).toMatchObject({ exists: true, whole: true })
                  }
                }
                for (const [name, value] of collection?.state ?? []) {
                  if (value === undefined) continue
                  const notes = value.notes === null ? undefined : (JSON.parse(value.notes) as Note[])
                  const of = model.get(id)?.state
                  expect(decodeValue(JSON.parse(value.value) as Json, notes)).toEqual(
                    of?.get(JSON.parse(name) as string),
                  )
                }
              }
            }
          })
        },
      ),
      80,
    )
  })

  test('are all known at the head, also of a trimmed log, and where it is not posted', async () => {
    await check(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
        await withFile(
          [...steps, 'compact', [put('todos', 1, { a: 1 })]],
          async ({ inspect, models, head }) => {
            const past = await pastAt(inspect, head)
            for (const id of collectionIds) {
              for (const key of keys) {
                const knowledge = past.row(id, encodeKey(key))
                expect(isWholly(knowledge)).toBe(true)
                expect(contradiction(knowledge, rowOf(models.get(head)!, id, key))).toBeUndefined()
              }
            }
          },
        )
      }),
      30,
    )
  })

  test('are those that were asked about', async () => {
    const history = [[put('todos', 1, { a: 1 }), put('todos', '1', { a: 2 }), put('lists', 1, { a: 3 })]]
    await withFile(history, async ({ inspect, head }) => {
      const past = await pastAt(inspect, head, { wanted: new Map([['todos', new Set(['"1"'])]]) })
      expect([...past.collections()].map(([id, { rows }]) => [id, [...rows.keys()]])).toEqual([
        ['todos', ['"1"']],
      ])
    })
  })
})

describe('what a patch of a trimmed row leaves known', () => {
  const trimmed = [
    [put('todos', 1, { title: 'old', done: false }), put('todos', 2, { title: 'other', done: false })],
    'compact' as const,
    [{ op: 'patch' as const, collection: 'todos', key: 1, fields: { done: true } }],
  ]

  test('the fields that it does not name, before and after it', async () => {
    await withFile([...trimmed, 'post'], async ({ inspect, floor, head }) => {
      const row = async (at: number) => (await pastAt(inspect, at)).row('todos', '1')
      expect(await row(floor)).toMatchObject({
        exists: true,
        whole: false,
        row: { value: { json: { title: 'old' } } },
      })
      expect(
        Object.keys(((await row(floor)) as { row: { value: { json: object } } }).row.value.json),
      ).toEqual(['title'])
      expect(await row(head)).toMatchObject({
        whole: true,
        row: { value: { json: { title: 'old', done: true } } },
      })
      expect((await pastAt(inspect, floor)).row('todos', '2')).toMatchObject({ whole: true })
    })
  })

  test('nothing where the collection was emptied since: also not which rows there were', async () => {
    await withFile(
      [...trimmed, [{ op: 'truncate', collection: 'todos' }], 'post'],
      async ({ inspect, floor, head }) => {
        expect((await pastAt(inspect, floor)).collection('todos')).toMatchObject({ mayHaveMore: true })
        expect((await pastAt(inspect, floor)).row('todos', '2')).toMatchObject({ exists: undefined })
        expect((await pastAt(inspect, head)).collection('todos')).toMatchObject({
          mayHaveMore: false,
          rows: new Map(),
        })
      },
    )
  })
})

describe('a log in which an entry is missing', () => {
  test('is folded on behind it with what is certain', async () => {
    const history = [
      [put('todos', 1, { n: 1 }), put('todos', 2, { n: 1 })],
      [put('todos', 2, { n: 2 })],
      [put('todos', 1, { n: 3 })],
    ]
    await withFile(history, async ({ inspect, path, head }) => {
      exec(path, 'DROP TRIGGER daybook_log_trim')
      exec(path, `DELETE FROM daybook_log WHERE seq = ${head - 1}`)
      const damage: unknown[] = []
      const past = await pastAt(inspect, head, { onDamage: (found) => damage.push(found) })
      expect(damage).toMatchObject([{ seq: head - 1, damage: 'missing' }])
      expect(past.row('todos', '1')).toMatchObject({
        exists: true,
        whole: true,
        row: { value: { json: { n: 3 } } },
      })
      expect(past.row('todos', '2')).toMatchObject({ exists: undefined, whole: false })
    })
  })
})

describe('what entries changed', () => {
  test('is what differs in the model before and after them, whatever the range', async () => {
    await check(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(), fc.nat(), async (steps, one, other) => {
        await withFile(steps, async ({ inspect, models, floor, head }) => {
          const seqs = [one, other].map((n) => floor + (n % (head - floor + 1))).sort((a, b) => a - b)
          const [from, to] = seqs as [number, number]
          const { rows, mayHaveMore } = await changesBetween(inspect, from, to)
          const [before, after] = [models.get(from)!, models.get(to)!]
          for (const row of rows) {
            const key = decodeKey(row.key)
            expect(contradiction(row.before, rowOf(before, row.collection, key))).toBeUndefined()
            expect(contradiction(row.after, rowOf(after, row.collection, key))).toBeUndefined()
            if (floor === 1) {
              const whole = [row.before, row.after].map(
                (each) => each === ABSENT || (each.exists && each.whole),
              )
              expect(whole).toEqual([true, true])
            }
          }
          for (const id of collectionIds) {
            for (const key of keys) {
              const same = isDeepStrictEqual(rowOf(before, id, key), rowOf(after, id, key))
              const named = rows.some((row) => row.collection === id && row.key === encodeKey(key))
              if (!same && !mayHaveMore.includes(id)) expect(named, `${id} ${String(key)}`).toBe(true)
            }
          }
        })
      }),
      80,
    )
  })
})
