import { describe, expect, it } from 'vitest'
import { type Daybook, type DecodedEntry, TrimmedError } from '../../src/node.js'
import { eventually, failureOf, newFile, open, pause, todosOf } from './fixture.js'

const put = (daybook: Daybook, collection: string, key: number): Promise<unknown> =>
  daybook.write([{ op: 'put', collection, key, value: { id: key, at: new Date(key) } }])

async function threeEntries(): Promise<Daybook> {
  const daybook = open()
  await put(daybook, 'a', 1)
  await put(daybook, 'b', 2)
  await put(daybook, 'a', 3)
  return daybook
}

const allOf = async (entries: AsyncIterable<DecodedEntry>): Promise<DecodedEntry[]> => {
  const all: DecodedEntry[] = []
  for await (const entry of entries) all.push(entry)
  return all
}

const within = <T>(promise: Promise<T>, ms = 3000): Promise<T> =>
  Promise.race([promise, pause(ms).then(() => expect.fail(`nothing happened within ${ms} ms`))])

describe('entries', () => {
  it('are the whole log, in order, decoded', async () => {
    const daybook = await threeEntries()
    const entries = await allOf(daybook.entries())
    expect(entries.map(({ position, kind }) => [position.seq, kind])).toEqual([
      [1, 'term'],
      [2, 'tx'],
      [3, 'tx'],
      [4, 'tx'],
    ])
    expect(entries[1]?.ops).toEqual([
      { op: 'put', collection: 'a', key: 1, value: { id: 1, at: new Date(1) } },
    ])
    expect(entries[1]?.origin).toBe(daybook.origin)
    expect(entries[1]?.committedAt).toBeInstanceOf(Date)
  })

  it('begin after a position', async () => {
    const daybook = await threeEntries()
    const entries = await allOf(daybook.entries({ after: { term: 1, seq: 3 } }))
    expect(entries.map(({ position }) => position)).toEqual([{ term: 1, seq: 4 }])
    expect(await allOf(daybook.entries({ after: await daybook.head() }))).toEqual([])
  })

  it('of one collection have only its changes', async () => {
    const daybook = await threeEntries()
    await daybook.write([
      { op: 'delete', collection: 'a', key: 1 },
      { op: 'delete', collection: 'b', key: 2 },
    ])
    const entries = await allOf(daybook.entries({ collection: 'b' }))
    expect(entries.map(({ ops }) => ops.map(({ op }) => op))).toEqual([['put'], ['delete']])
  })

  it('after a position that the log does not have are a TrimmedError', async () => {
    const daybook = await threeEntries()
    const after = { term: 1, seq: 99 }
    const failure = await failureOf(daybook.entries({ after }).next())
    expect(failure).toBeInstanceOf(TrimmedError)
    expect(failure).toMatchObject({ after })
  })

  it('are read page by page: more than a page of them arrive, once each', async () => {
    const daybook = open()
    const count = 2500
    await Promise.all(Array.from({ length: count }, (_, key) => put(daybook, 'a', key)))
    const seqs = (await allOf(daybook.entries())).map(({ position }) => position.seq)
    expect(seqs).toEqual(Array.from({ length: count + 1 }, (_, index) => index + 1))
  })
})

describe('entries that follow', () => {
  it('go on with new ones, of this daybook and of others, until the signal aborts', async () => {
    const file = newFile()
    const [daybook, other] = [open(file), open(file)]
    await put(daybook, 'a', 1)
    const stop = new AbortController()
    const seen: DecodedEntry[] = []
    const reading = (async () => {
      for await (const entry of daybook.entries({ follow: true, signal: stop.signal })) seen.push(entry)
    })()
    await eventually(() => seen.length === 2)
    await put(daybook, 'a', 2)
    await put(other, 'a', 3)
    await Promise.all([put(daybook, 'a', 4), put(other, 'a', 5), put(daybook, 'a', 6)])
    await eventually(() => seen.length === 7)
    stop.abort()
    await within(reading)
    expect(seen.map(({ position }) => position.seq)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('miss nothing that is written while they are read', async () => {
    const daybook = open()
    const count = 500
    const stop = new AbortController()
    const seqs: number[] = []
    const reading = (async () => {
      for await (const { position } of daybook.entries({ follow: true, signal: stop.signal })) {
        seqs.push(position.seq)
        if (position.seq % 7 === 0) await pause()
      }
    })()
    for (let key = 0; key < count; key++) {
      await put(daybook, 'a', key)
      if (key % 50 === 0) await pause()
    }
    await eventually(() => seqs.length >= count + 1)
    stop.abort()
    await within(reading)
    expect(seqs).toEqual(Array.from({ length: count + 1 }, (_, index) => index + 1))
  })

  it('end with a break', async () => {
    const daybook = await threeEntries()
    for await (const { position } of daybook.entries({ follow: true })) if (position.seq === 4) break
  })

  it('end with return() while they wait', async () => {
    const daybook = await threeEntries()
    const entries = daybook.entries({ follow: true, after: await daybook.head() })
    const waiting = entries.next()
    await pause(10)
    await within(entries.return())
    expect(await within(waiting)).toEqual({ done: true, value: undefined })
  })

  it('end when the daybook closes, while they wait', async () => {
    const daybook = await threeEntries()
    const waiting = daybook.entries({ follow: true, after: await daybook.head() }).next()
    await pause(10)
    await daybook.close()
    expect(await within(waiting)).toEqual({ done: true, value: undefined })
  })

  it('end at once when the signal was aborted before', async () => {
    const daybook = await threeEntries()
    const entries = daybook.entries({ follow: true, signal: AbortSignal.abort() })
    expect(await within(entries.next())).toEqual({ done: true, value: undefined })
  })

  it('of one collection wait through entries of others', async () => {
    const daybook = await threeEntries()
    const next = daybook.entries({ follow: true, collection: 'c' }).next()
    for (let key = 0; key < 5; key++) await put(daybook, 'a', key)
    await put(daybook, 'c', 1)
    expect((await within(next)).value).toMatchObject({ position: { seq: 10 } })
  })

  it('leave nothing behind: a thousand of them, ended, and the next entry still arrives', async () => {
    const daybook = await threeEntries()
    const todos = todosOf(daybook, 'a')
    await todos.preload()
    for (let round = 0; round < 1000; round++) {
      for await (const { kind } of daybook.entries({ follow: true })) if (kind === 'term') break
    }
    await put(daybook, 'a', 9)
    expect(todos.has(9)).toBe(true)
  })
})
