import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { eventually, newFile, open, rowsIn, rowsOf, rowsOnDisk, todosOf, transactionsIn } from './fixture.js'

describe('two collection objects with one id', () => {
  it('both follow: what one writes, the other has when the write resolves', async () => {
    const daybook = open()
    const [one, two] = [todosOf(daybook), todosOf(daybook)]
    await Promise.all([one.preload(), two.preload()])
    await one.insert({ id: 1, title: 'a' }).isPersisted.promise
    expect(rowsIn(two)).toEqual([{ id: 1, title: 'a' }])
    await two.update(1, (draft) => {
      draft.done = true
    }).isPersisted.promise
    expect(rowsIn(one)).toEqual([{ id: 1, title: 'a', done: true }])
    await one.delete(1).isPersisted.promise
    expect(two.size).toBe(0)
    expect(await transactionsIn(daybook)).toHaveLength(3)
  })

  it('share no objects: what is changed inside a row of one does not change in the other', async () => {
    const daybook = open()
    const [one, two, three] = [rowsOf(daybook), rowsOf(daybook), rowsOf(daybook)]
    await Promise.all([one.preload(), two.preload(), three.preload()])
    const mine = { id: 1, tags: ['a'], deep: { list: [{ n: 1 }] } }
    await one.insert(mine).isPersisted.promise
    const deepOf = (rows: typeof one): unknown => rows.get(1)?.deep
    expect(deepOf(one)).not.toBe(deepOf(two))
    expect(deepOf(two)).not.toBe(deepOf(three))
    expect(deepOf(one)).not.toBe(mine.deep)
    ;(deepOf(two) as { list: unknown[] }).list.push('vandalism')
    expect(deepOf(one)).toEqual({ list: [{ n: 1 }] })
    expect(deepOf(three)).toEqual({ list: [{ n: 1 }] })
  })

  it('share no objects after a patch either', async () => {
    const daybook = open()
    const [one, two] = [rowsOf(daybook), rowsOf(daybook)]
    await Promise.all([one.preload(), two.preload()])
    await one.insert({ id: 1, deep: { n: 1 } }).isPersisted.promise
    await one.update(1, (draft) => {
      draft.deep = { n: 2 }
    }).isPersisted.promise
    expect(one.get(1)?.deep).toEqual({ n: 2 })
    expect(one.get(1)?.deep).not.toBe(two.get(1)?.deep)
  })

  it('an object that was inserted is the app’s: changing it later changes no row', async () => {
    const file = newFile()
    const rows = rowsOf(open(file))
    const mine = { id: 1, deep: { n: 1 } }
    await rows.insert(mine).isPersisted.promise
    mine.deep.n = 99
    expect(rowsIn(rows)).toEqual([{ id: 1, deep: { n: 1 } }])
    expect((await rowsOnDisk(file, 'rows')).get(1)).toEqual({ id: 1, deep: { n: 1 } })
  })

  it('one that was cleaned up does not take the other with it', async () => {
    const daybook = open()
    const [one, two] = [todosOf(daybook), todosOf(daybook)]
    await Promise.all([one.preload(), two.preload()])
    await one.cleanup()
    await daybook.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'a' } }])
    expect(two.has(1)).toBe(true)
    await one.preload()
    expect(one.has(1)).toBe(true)
  })

  it('both may update different fields of one row at once, and both win', async () => {
    const daybook = open()
    const [one, two] = [rowsOf(daybook), rowsOf(daybook)]
    await one.insert({ id: 1, a: 0, b: 0 }).isPersisted.promise
    await two.preload()
    const updated = [
      one.update(1, (draft) => {
        draft.a = 1
      }),
      two.update(1, (draft) => {
        draft.b = 1
      }),
    ]
    await Promise.all(updated.map(({ isPersisted }) => isPersisted.promise))
    expect(rowsIn(one)).toEqual([{ id: 1, a: 1, b: 1 }])
    expect(rowsIn(two)).toEqual([{ id: 1, a: 1, b: 1 }])
  })
})

describe('two daybooks in one process', () => {
  it.each(['on one file', 'on one handle'])('%s see what the other writes', async (where) => {
    const file = newFile()
    const database = new Database(file)
    const make = () => (where === 'on one file' ? open(file) : open({ database }))
    const [here, there] = [make(), make()]
    const [one, two] = [todosOf(here), todosOf(there)]
    await Promise.all([one.preload(), two.preload()])
    const written = Array.from({ length: 40 }, (_, id) =>
      (id % 2 === 0 ? one : two).insert({ id, title: String(id) }),
    )
    await Promise.all(written.map(({ isPersisted }) => isPersisted.promise))
    await eventually(() => one.size === 40 && two.size === 40)
    expect(rowsIn(one)).toEqual(rowsIn(two))
    expect(await transactionsIn(here)).toHaveLength(40)
    expect((await here.verify()).findings).toEqual([])
    await Promise.all([here.close(), there.close()])
    database.close()
  })

  it('an update of a row that the other has deleted is refused, and brings nothing back', async () => {
    const file = newFile()
    const [here, there] = [open(file), open(file)]
    const [one, two] = [todosOf(here), todosOf(there)]
    await one.insert({ id: 1, title: 'a' }).isPersisted.promise
    await two.preload()
    const deleted = one.delete(1).isPersisted.promise
    await deleted
    // Two has not heard of it in this turn.
    const updated = two.update(1, (draft) => {
      draft.done = true
    })
    await expect(updated.isPersisted.promise).rejects.toMatchObject({ code: 'DAYBOOK_ROW_GONE', key: 1 })
    await eventually(() => two.size === 0)
    expect(one.size).toBe(0)
    expect((await rowsOnDisk(file, 'todos')).size).toBe(0)
  })

  it('in one row, the changes that the other makes meanwhile are not lost to an update here', async () => {
    const file = newFile()
    const [here, there] = [open(file), open(file)]
    const [one, two] = [rowsOf(here), rowsOf(there)]
    await one.insert({ id: 1, n: 0 }).isPersisted.promise
    await two.preload()
    for (let n = 1; n <= 20; n++) {
      await Promise.all([
        one.update(1, (draft) => {
          draft.fromOne = n
        }).isPersisted.promise,
        two.update(1, (draft) => {
          draft.fromTwo = n
        }).isPersisted.promise,
      ])
    }
    const expected = [{ id: 1, n: 0, fromOne: 20, fromTwo: 20 }]
    await eventually(() => JSON.stringify(rowsIn(one)).includes('"fromTwo":20'))
    await eventually(() => JSON.stringify(rowsIn(two)).includes('"fromOne":20'))
    expect(rowsIn(one)).toEqual(expected)
    expect(rowsIn(two)).toEqual(expected)
  })
})
