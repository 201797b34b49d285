/** `--html`: what is gathered for a page, what is kept out of it, and the command that writes it. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { embeddedJson, reportHtml } from '../../src/cli/report/html.js'
import { LIMITS } from '../../src/cli/report/limits.js'
import type { LogModel, ReportModel } from '../../src/cli/report/model.js'
import { matching } from '../../src/cli/report/page/matching.js'
import { RowsAt } from '../../src/cli/report/page/rows-at.js'
import { shownField } from '../../src/cli/report/page/value-text.js'
import { Walk } from '../../src/cli/report/page/walk.js'
import { diffModel, historyModel, logModel, sourceOf, statsModel } from '../../src/cli/report/report.js'
import { parseQuery, withTerm } from '../../src/cli/report/search-terms.js'
import { shapedOp } from '../../src/cli/report/shape.js'
import type { Scanned } from '../../src/log/scan.js'
import { type FoldedRow, foldEntry } from '../../src/materializer/fold.js'
import { makeAppDb } from './app-db.js'
import { daybook } from './command.js'
import { randomLog, randomNumbers, scanned } from './report-entries.js'

type RowsByCollection = Map<string, Map<string, FoldedRow>>

const source = (data: boolean) => sourceOf('/somewhere/app.db', { data, now: 0 })

/** The rows after each entry, by the fold that everything else uses. */
function foldEach(entries: Iterable<Scanned>): RowsByCollection[] {
  const rows: RowsByCollection = new Map()
  const rowsOf = (collection: string) => {
    const known = rows.get(collection) ?? new Map<string, FoldedRow>()
    rows.set(collection, known)
    return known
  }
  return Array.from(entries, ({ entry }) => {
    if (entry !== undefined) foldEntry(entry, rowsOf)
    return new Map(Array.from(rows, ([collection, each]) => [collection, new Map(each)]))
  })
}

/** In a form that can be compared: sorted, without what is empty. */
const plain = (rows: ReadonlyMap<string, ReadonlyMap<string, FoldedRow>>, values = true): string =>
  JSON.stringify(
    Array.from(rows)
      .flatMap(([collection, each]) =>
        Array.from(each, ([key, { value, metadata, seq }]) =>
          values
            ? [collection, key, value.json, value.notes, metadata, seq]
            : [collection, key, Object.keys(value.json as object), seq],
        ),
      )
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  )

const shownRows = (rows: RowsAt, index: number, values = true): string =>
  plain(new Map(Array.from(rows.at(index), ([collection, { byKey }]) => [collection, byKey])), values)

/** As the page reads it. */
const sent = <T extends ReportModel>(model: T): T => JSON.parse(embeddedJson(model)) as T

describe('the rows at each entry', () => {
  test.each([1, 2, 3])(
    'are those that foldRow makes, forwards, backwards and from anywhere (%i)',
    async (seed) => {
      const folded = foldEach(randomLog(150, seed))
      const rows = new RowsAt(sent(await logModel(source(true), { entries: randomLog(150, seed) })))
      const random = randomNumbers(seed)
      const way = [
        ...folded.keys(),
        ...[...folded.keys()].reverse(),
        ...Array.from({ length: 60 }, () => random(150)),
      ]
      for (const index of way) expect(shownRows(rows, index)).toBe(plain(folded[index] as RowsByCollection))
      expect(shownRows(rows, -1)).toBe('[]')
    },
  )

  test('are right behind what did not fit', async () => {
    const folded = foldEach(randomLog(400))
    const limits = { ...LIMITS, entries: 300, characters: 60_000 }
    const model = sent(await logModel(source(true), { entries: randomLog(400), limits }))
    expect(model.entries).toHaveLength(300)
    expect(model.ops.length).toBeLessThan(300)
    expect(model.remarks.join()).toMatch(/100 oldest entries .* did not fit/)
    const rows = new RowsAt(model)
    for (let index = 299; index >= rows.first - 1; index--) {
      const whole = folded[index + 100] as RowsByCollection
      for (const [collection, { byKey, untouched }] of rows.at(index)) {
        expect(byKey.size + untouched).toBe(whole.get(collection)?.size ?? 0)
        for (const [key, row] of byKey)
          expect(JSON.stringify(row)).toBe(JSON.stringify(whole.get(collection)?.get(key)))
      }
    }
    expect(rows.knows(rows.first - 2)).toBe(false)
  })

  test('are those of a range that begins later', async () => {
    const folded = foldEach(randomLog(120))
    const model = await logModel(source(true), { entries: randomLog(120), after: 70 })
    expect(model.entries[0]?.[0]).toBe(71)
    const rows = new RowsAt(sent(model))
    expect(shownRows(rows, -1)).toBe(plain(folded[69] as RowsByCollection))
    expect(shownRows(rows, 49)).toBe(plain(folded[119] as RowsByCollection))
  })

  test('begin with rows that are given', async () => {
    const all = [...randomLog(120)]
    const base = foldEach(all.slice(0, 70)).at(-1) as RowsByCollection
    const entries = all.slice(70)
    const rows = new RowsAt(sent(await logModel(source(true), { entries, rows: base })))
    expect(shownRows(rows, 49)).toBe(plain(foldEach(all).at(-1) as RowsByCollection))
  })

  test('are those since a trim, where nobody knows more', async () => {
    const model = await logModel(source(true), { entries: [...randomLog(120)].slice(70), trimmed: true })
    expect(model).toMatchObject({ trimmed: true, base: [] })
    expect(model.remarks.join()).toContain('trimmed')
  })

  test('have the same keys and fields where shapes stand in the place of values', async () => {
    const folded = foldEach(randomLog(150))
    const rows = new RowsAt(sent(await logModel(source(false), { entries: randomLog(150) })))
    for (const index of [149, 20, 80, 0])
      expect(shownRows(rows, index, false)).toBe(plain(folded[index] as RowsByCollection, false))
  })

  test('change by what the entry did', async () => {
    const entries = [
      scanned(1, [
        { op: 'put', collection: 'todos', key: 1, value: { title: 'a' } },
        { op: 'put', collection: 'todos', key: '1', value: { title: 'b' } },
      ]),
      scanned(2, [
        { op: 'patch', collection: 'todos', key: 1, fields: { title: 'c' } },
        { op: 'patch', collection: 'todos', key: 2, fields: { title: 'nobody' } },
      ]),
      scanned(3, [
        { op: 'truncate', collection: 'todos' },
        { op: 'put', collection: 'todos', key: 3, value: { title: 'd' } },
      ]),
    ]
    const rows = new RowsAt(sent(await logModel(source(true), { entries })))
    const changes = (index: number) =>
      rows.changesAt(index).map(({ key, before, after }) => [key, before?.value.json, after?.value.json])
    expect(changes(1)).toEqual([['1', { title: 'a' }, { title: 'c' }]])
    expect(changes(2)).toEqual([
      ['1', { title: 'c' }, undefined],
      ['"1"', { title: 'b' }, undefined],
      ['3', undefined, { title: 'd' }],
    ])
    expect(changes(0)).toHaveLength(2)
  })
})

describe('what a page holds', () => {
  const secret = 'correct horse battery staple'
  const entries = [
    scanned(1, [
      {
        op: 'put',
        collection: 'users',
        key: 'ada',
        value: { password: secret, deep: { it: [secret] }, n: 31337 },
      },
      { op: 'meta', collection: 'users', key: 'ada', value: { etag: secret } },
      { op: 'state', collection: 'users', name: 'resume', value: secret },
    ]),
    scanned(2, [
      { op: 'patch', collection: 'users', key: 'ada', fields: { password: `${secret}!` }, unset: ['deep'] },
    ]),
  ]

  test('no value without --data, but shapes', async () => {
    const model = await logModel(source(false), { entries, rows: foldEach(entries)[0] as RowsByCollection })
    const html = reportHtml(model)
    expect(html).not.toContain('horse')
    expect(html).not.toContain('31337')
    expect(model.ops[0]?.[0]).toEqual([
      'put',
      'users',
      'ada',
      { password: 'text, 28', deep: 'object, 1', n: 'number' },
      [
        ['shape', 'password'],
        ['shape', 'deep'],
        ['shape', 'n'],
      ],
    ])
    expect(model.remarks.join()).toContain('Shapes')
    expect(reportHtml(await logModel(source(true), { entries }))).toContain('horse')
  })

  test('a field that is too long is a shape, also with --data', () => {
    const hiding = { data: true, field: 10 }
    const op = shapedOp(
      ['put', 'a', 1, { short: 'x', long: 'x'.repeat(11), due: '' }, [['Date', 'due']]],
      hiding,
    )
    expect(op[3]).toEqual({ short: 'x', long: 'text, 11', due: '' })
    expect(op[4]).toEqual([
      ['shape', 'long'],
      ['Date', 'due'],
    ])
  })

  test('only the chosen collection and keys', async () => {
    const chosen = await logModel(source(true), {
      entries: randomLog(1000),
      collection: 'users',
      keys: [1, 2],
    })
    const text = JSON.stringify(chosen.ops)
    expect(text).toContain('"users"')
    expect(text).not.toContain('"issues"')
    for (const op of chosen.ops.flat())
      expect(['truncate', 1, 2]).toContain(op[0] === 'truncate' ? op[0] : op[2])
  })

  test('an entry that does not fit at all is counted, and what comes after it is right', async () => {
    const large = Array.from(
      { length: 500 },
      (_, key) => ({ op: 'put', collection: 'a', key, value: { key } }) as const,
    )
    const few = [
      scanned(1, large),
      scanned(2, [{ op: 'patch', collection: 'a', key: 7, fields: { key: 0 } }]),
    ]
    const limits = { ...LIMITS, characters: 3000 }
    const model = sent(await logModel(source(true), { entries: few, limits }))
    expect(model.entries).toHaveLength(2)
    expect(model.ops).toHaveLength(1)
    expect(JSON.stringify(model).length).toBeLessThan(5000)
    const rows = new RowsAt(model)
    const { byKey, untouched } = rows.at(1).get('a') as { byKey: Map<string, FoldedRow>; untouched: number }
    expect(byKey.get('7')?.value.json).toEqual({ key: 0 })
    expect(byKey.size + untouched).toBe(500)
    expect(model.remarks.join()).toContain('counted only')
  })

  test('damage, and ops that nobody understands', async () => {
    const [first] = entries as [Scanned & { entry: NonNullable<Scanned['entry']> }]
    const strange = { ...first.entry, parts: ['[["put",{},1],null,7,["put","a",1,{"x":1}]]', '{}'] }
    const model = await logModel(source(true), {
      entries: [
        { seq: 1, entry: strange, damage: 'its size is not that of its body' },
        { seq: 2, through: 5, entry: undefined, damage: 'missing' },
      ],
    })
    expect(model.ops).toEqual([[['put', 'a', 1, { x: 1 }]], []])
    expect(model.entries.map((entry) => [entry[2], entry[8]])).toEqual([
      ['tx', 'its size is not that of its body'],
      ['damaged', '2 to 5: missing'],
    ])
    expect(model.remarks.join()).toContain('2 places')
  })

  test('nothing that ends an element or a line', async () => {
    const hostile = `</script><script>alert(1)</script><!--\u2028\u2029${'\ud800'}`
    const model = await logModel(sourceOf(`/x/${'<b>&'}.db`, { data: true, now: 0 }), {
      entries: [
        scanned(1, [
          { op: 'put', collection: hostile, key: hostile, value: JSON.parse(`{"__proto__":"${'<i>'}"}`) },
        ]),
      ],
    })
    const json = embeddedJson(model)
    expect(json).not.toMatch(/[<\u2028\u2029]/)
    expect(JSON.parse(json)).toEqual(model)
    expect(JSON.stringify(model.ops)).toContain('__proto__')
    const html = reportHtml(model)
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html).toContain('<title>&lt;b&gt;&amp;.db')
    expect(html).toMatch(/default-src 'none'/)
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/)
  })
})

describe('history, diff and stats', () => {
  test('history has the entries of one row', async () => {
    const model = await historyModel(source(true), { entries: randomLog(300), collection: 'issues', key: 5 })
    const folded = foldEach(randomLog(300)).at(-1)?.get('issues')?.get('5')
    const now = new RowsAt(sent(model))
      .at(model.entries.length - 1)
      .get('issues')
      ?.byKey.get('5')
    expect(JSON.stringify(now)).toBe(JSON.stringify(folded))
    expect(model.entries.length).toBeLessThan(60)
  })

  test('diff counts all and holds the first', async () => {
    const [one, other] = [foldEach(randomLog(100)).at(-1), foldEach(randomLog(130)).at(-1)]
    const differences = Array.from(other as RowsByCollection).flatMap(([collection, rows]) =>
      Array.from(rows, ([key, after]) => ({
        collection,
        key: JSON.parse(key) as string,
        before: one?.get(collection)?.get(key),
        after,
      })).filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after)),
    )
    const limits = { ...LIMITS, differences: 3 }
    const model = await diffModel(source(true), { from: '1:100', to: '1:130', differences, limits })
    expect(model.rows).toHaveLength(3)
    const counted = model.collections.reduce(
      (sum, { added, removed, changed }) => sum + added + removed + changed,
      0,
    )
    expect(counted).toBe(differences.length)
    expect(model.remarks.join()).toContain(`${differences.length - 3} more differences`)
  })

  test('diff without values tells a field that differs', async () => {
    const row = (title: string) => ({ value: { json: { title, id: 1 }, notes: undefined } })
    const differences = [{ collection: 'todos', key: 1, before: row('Buy milk'), after: row('Buy mint') }]
    const { rows } = await diffModel(source(false), { from: 'a', to: 'b', differences })
    expect(rows[0]?.before?.json).toEqual({ title: 'text, 8', id: 'number' })
    expect(rows[0]?.after?.json).toEqual({ title: 'text, 8, another one', id: 'number' })
  })

  test('stats are cut where nobody would look', () => {
    const bars = Array.from({ length: 300 }, (_, each) => ({ label: `o${each}`, entries: 1, bytes: 1 }))
    const lists = { collections: [], kinds: [], hours: [], largest: [], hotKeys: [] }
    const model = statsModel(source(true), { ...lists, origins: bars })
    expect(model.origins).toHaveLength(200)
    expect(model.remarks.join()).toContain('the first 200 of 300')
  })
})

describe('the search', () => {
  test('reads words, fields and quotes', () => {
    expect(parseQuery('milk collection:"my list" 3:1041 key:a"b kind:')).toEqual([
      { field: undefined, value: 'milk' },
      { field: 'collection', value: 'my list' },
      { field: undefined, value: '3:1041' },
      { field: 'key', value: 'a"b' },
      { field: undefined, value: 'kind:' },
    ])
    for (const value of ['todos', 'my list', 'a"b\\', '', '"', '<b>']) {
      expect(parseQuery(withTerm('milk', 'collection', value))).toEqual([
        { field: undefined, value: 'milk' },
        { field: 'collection', value },
      ])
    }
    expect(withTerm('milk kind:tx', 'kind', undefined)).toBe('milk')
  })

  test('finds entries', async () => {
    const model = await logModel(source(true), {
      entries: [
        scanned(1, [], { kind: 'term' }),
        scanned(2, [{ op: 'put', collection: 'todos', key: 'Milk', value: {} }]),
        scanned(3, [{ op: 'put', collection: 'lists', key: 1, value: {} }], { origin: 'BBBB' }),
        scanned(4, [{ op: 'put', collection: 'todos', key: '1', value: {} }]),
      ],
    })
    const found = (text: string) => [...(matching(model, text) ?? [])].map((index) => index + 1)
    expect(matching(model, ' ')).toBeUndefined()
    expect(found('milk')).toEqual([2])
    expect(found('collection:todos')).toEqual([2, 4])
    expect(found('key:1')).toEqual([3, 4])
    expect(found('key:"\\"1\\""')).toEqual([4])
    expect(found('kind:term')).toEqual([1])
    expect(found('origin:BB')).toEqual([3])
    expect(found('1:4')).toEqual([4])
    expect(found('collection:todos milk')).toEqual([2])
  })

  test('leads the way from entry to entry', () => {
    const walk = new Walk(10, 5, () => undefined)
    const to = (by: number) => {
      walk.step(by)
      return walk.at
    }
    expect([to(1), to(-2), to(100), to(-100)]).toEqual([6, 4, 9, 0])
    walk.filter(new Set([2, 4, 8]))
    expect([to(1), to(1), to(1), to(1), to(-1)]).toEqual([2, 4, 8, 8, 4])
    walk.go(5)
    expect([to(-1), to(-1)]).toEqual([4, 2])
    walk.go(5)
    expect(to(1)).toBe(8)
    walk.filter(new Set())
    expect(to(1)).toBe(8)
  })
})

test('values are shown as the app knows them', () => {
  const row = { due: '2026-12-01T08:00:00.000Z', n: '5', tags: ['a'], no: null, gone: null, text: 'x' }
  const notes = [
    ['Date', 'due'],
    ['bigint', 'n'],
    ['Set', 'tags'],
    ['undefined', 'gone'],
  ] as const
  const shown = Object.keys(row).map((name) => shownField(row, notes, name)?.text)
  expect(shown).toEqual(['2026-12-01T08:00:00.000Z', '5n', 'Set {"a"}', 'null', 'undefined', 'x'])
  expect(shownField(row, notes, 'constructor')).toBeUndefined()
})

describe('daybook log --html', () => {
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'daybook-report-'))
    await makeAppDb(folder)
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  const run = (...args: string[]) => daybook(['log', 'app.db', ...args], { cwd: folder })

  /** Writes a page and reads its model. */
  async function page(...args: string[]): Promise<LogModel> {
    const { code, stdout, stderr } = await run(...args, '--html', 'report.html')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/report\.html: \d/)
    const html = readFileSync(join(folder, 'report.html'), 'utf8')
    const [, json = ''] = /<script type="application\/json" id="model">(.*?)<\/script>/s.exec(html) ?? []
    return JSON.parse(json) as LogModel
  }

  test('writes the whole log', async () => {
    const model = await page()
    expect(model).toMatchObject({ report: 'log', file: 'app.db', data: false, query: '' })
    expect(model.entries.length).toBe(model.ops.length)
    expect(new Set(model.collections)).toEqual(new Set(['todos', 'lists', 'issues']))
    expect(JSON.stringify(model)).not.toContain('milk')
    expect(JSON.stringify(await page('--data'))).toContain('Buy milk')
  })

  test('writes a range with the rows that it begins with', async () => {
    const model = await page('@head~2..', '--data')
    expect(model.entries).toHaveLength(2)
    const keys = model.base.flatMap(({ collection, rows }) => rows.map(([key]) => `${collection} ${key}`))
    expect(keys.sort()).toEqual(['issues ISSUE-1', 'lists home', 'todos 1', 'todos 3'])
    expect((await page('--limit', '3')).entries).toHaveLength(3)
    expect((await page('--limit', '0')).entries).toHaveLength(0)
  })

  test('goes from the first to the last entry that is found, and searches for them', async () => {
    const model = await page('--kind', 'schema')
    expect(model.query).toBe('kind:schema')
    expect(model.entries.map(([, , kind]) => kind)).toEqual(['schema'])
    const issues = await page('--collection', 'issues', '--data')
    expect(issues.collections).toEqual(['issues'])
    expect(JSON.stringify(issues)).not.toContain('milk')
    expect((await page('--key', '2')).entries).toHaveLength(2)
    expect((await page('--since', '2100-01-01')).entries).toHaveLength(0)
  })

  test('replaces a report, and nothing else', async () => {
    const before = readFileSync(join(folder, 'app.db'))
    const { code, stderr } = await run('--html', 'app.db')
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('not a report') })
    expect(readFileSync(join(folder, 'app.db')).equals(before)).toBe(true)
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    expect((await run('--html', 'notes.txt')).code).toBe(2)
    expect((await run('--html', 'no/such/folder.html')).code).toBe(2)
    expect((await run('--html', 'report.html', '--json')).code).toBe(2)
  })
})
