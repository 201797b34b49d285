/**
 * A property: whatever a source sends and whenever the store fails, the process is killed or the collection starts anew,
 * the rows on disk are exactly what the source had at the token on disk, and in the end memory = disk = source. Some rows
 * are more than JSON, for which a page has to load the code.
 */

import { createCollection, type SyncConfig } from '@tanstack/db'
import { expect, test } from 'vitest'
import { persistedCollectionOptions } from '../../src/index.js'
import type { Daybook } from '../../src/runtime/daybook/daybook.js'
import { decodeValue, type Json, type Note } from '../../src/values/value.js'
import { plain } from '../runtime/fixture.js'
// Loaded when the first collection starts; here before it, so that no run waits for the file.
import '../../src/runtime/collections/synced/synced-run.js'
import { asynchronous, connect } from '../support/connections.js'
import { breakable, daybookOn } from '../support/daybook.js'
import { check, fc } from '../support/fc.js'
import { copyAsKilled, newFile, removeFile } from '../support/files.js'

interface Row {
  id: number
  a?: number
  b?: string
  at?: Date
}
type State = ReadonlyMap<number, Row>
type Change =
  | { readonly kind: 'set'; readonly key: number; readonly a: number }
  | { readonly kind: 'edit'; readonly key: number; readonly b: string }
  | { readonly kind: 'remove'; readonly key: number }

/** What an edit sets. */
const edited = (b: string): Partial<Row> => (b === 'y' ? { b, at: new Date(1) } : { b })

/** The server: every version of its rows, and how each came about. */
class Server {
  readonly versions: State[] = [new Map()]
  readonly changes: Change[] = []

  get token(): number {
    return this.changes.length
  }

  apply(change: Change): void {
    const rows = new Map(this.versions.at(-1))
    if (change.kind === 'set') rows.set(change.key, { id: change.key, a: change.a })
    else if (change.kind === 'remove') rows.delete(change.key)
    else {
      const row = rows.get(change.key)
      if (row !== undefined) rows.set(change.key, { ...row, ...edited(change.b) })
    }
    this.versions.push(rows)
    this.changes.push(change)
  }
}

type Calls = Parameters<SyncConfig<Row, number>['sync']>[0]

/** A source that resumes from the token which it keeps with its rows. */
class Feed {
  calls: Calls | undefined
  #at = 0

  constructor(
    readonly server: Server,
    readonly partial: boolean,
  ) {}

  readonly sync = (calls: Calls) => {
    this.calls = calls
    const token = calls.metadata?.collection.get('token') as number | undefined
    if (token === undefined) this.snapshot()
    else this.#at = token
    calls.markReady()
    return () => {
      // As Query does: everything goes while it cleans up.
      calls.begin()
      for (const key of [...calls.collection.keys()]) calls.write({ type: 'delete', key })
      calls.commit()
      this.calls = undefined
    }
  }

  snapshot(): void {
    const { calls } = this
    if (calls === undefined) return
    calls.begin()
    calls.truncate()
    for (const row of this.server.versions.at(-1)!.values()) {
      calls.write({ type: 'insert', value: { ...row }, metadata: { v: row.a ?? 0 } })
    }
    this.#at = this.server.token
    calls.metadata?.collection.set('token', this.#at)
    calls.commit()
  }

  /** Sends up to `count` changes as one transaction. */
  deliver(count: number): void {
    const { calls, server } = this
    if (calls === undefined) return
    calls.begin()
    for (const change of server.changes.slice(this.#at, this.#at + count)) {
      this.#write(calls, change)
      this.#at++
    }
    calls.metadata?.collection.set('token', this.#at)
    calls.commit()
  }

  #write(calls: Calls, change: Change): void {
    const { key } = change
    const row = this.server.versions[this.#at + 1]!.get(key)
    if (change.kind === 'remove') calls.write({ type: 'delete', key })
    else if (row === undefined) {
      // Fields of a row that nobody has.
      if (this.partial) calls.write({ type: 'update', value: { id: key, b: 'ghost' } })
    } else if (change.kind === 'set') {
      // A row is replaced: what it had is gone.
      calls.write({ type: 'delete', key })
      calls.write({ type: 'insert', value: { ...row }, metadata: { v: change.a } })
    } else {
      calls.write({
        type: 'update',
        value: this.partial ? ({ id: key, ...edited(change.b) } as Row) : { ...row },
      })
    }
  }
}

const key = fc.nat(4)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, a: fc.nat(3) }),
  fc.record({ kind: fc.constant('edit' as const), key, b: fc.constantFrom('x', 'y') }),
  fc.record({ kind: fc.constant('remove' as const), key }),
)
type Command =
  | { readonly do: 'change'; readonly change: Change }
  | { readonly do: 'deliver'; readonly count: number }
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'fail'; readonly code: string | undefined }
  | { readonly do: 'snapshot' | 'restart' | 'reopen' | 'kill' | 'time' }
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('change' as const), change }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 0, max: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.nat(6) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      code: fc.constantFrom('SQLITE_FULL', 'SQLITE_IOERR_WRITE', undefined),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'snapshot' as const,
        'restart' as const,
        'reopen' as const,
        'kill' as const,
        'time' as const,
      ),
    }),
  },
)

const rowsOf = (collection: { entries(): IterableIterator<[unknown, object]> }): State =>
  new Map([...collection.entries()].map(([id, row]) => [id as number, plain(row) as Row]))
const sorted = (state: State): unknown[] => [...state].sort(([a], [b]) => a - b)
const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await Promise.resolve()
}

/** What is in a file: the rows, and the token beside them. */
async function onDisk(file: string): Promise<{ rows: State; token: number; metadata: unknown[] }> {
  const { daybook } = daybookOn(connect(file))
  const { rows, state } = await daybook.journal.query('rows')
  await daybook.close()
  const token = state.find(({ name }) => name === '"token"')
  return {
    rows: new Map(
      rows.map(({ key: stored, value, notes }) => [
        JSON.parse(stored) as number,
        decodeValue(
          JSON.parse(value) as Json,
          notes === null ? undefined : (JSON.parse(notes) as Note[]),
        ) as Row,
      ]),
    ),
    token: token === undefined ? 0 : Number(token.value),
    metadata: rows.map(({ metadata }) => metadata),
  }
}

async function checkDisk(file: string, server: Server): Promise<number> {
  const copy = copyAsKilled(file)
  const { rows, token } = await onDisk(copy)
  removeFile(copy)
  expect(sorted(rows)).toEqual(sorted(server.versions[token]!))
  return token
}

async function run(commands: readonly Command[], partial: boolean, late: boolean): Promise<void> {
  const file = newFile()
  const made = daybookOn(connect(file)).daybook
  await made.ready
  await made.close()
  const server = new Server()
  const open = () => {
    const broken = breakable(connect(file))
    const connection = late ? asynchronous(broken.connection) : broken.connection
    const opened = daybookOn(connection)
    const feed = new Feed(server, partial)
    const collection = createCollection(
      persistedCollectionOptions({
        id: 'rows',
        getKey: (row: Row) => row.id,
        sync: { rowUpdateMode: partial ? 'partial' : 'full', sync: feed.sync },
        persistence: opened.daybook as Daybook,
        gcTime: 0,
      }),
    )
    collection.startSyncImmediate()
    return { ...opened, ...broken, feed, collection }
  }
  let now = open()
  for (const step of commands) {
    if (step.do === 'change') server.apply(step.change)
    else if (step.do === 'deliver') now.feed.deliver(step.count)
    else if (step.do === 'snapshot') now.feed.snapshot()
    else if (step.do === 'turns') await turns(step.count)
    else if (step.do === 'fail') now.fail(step.code)
    else if (step.do === 'time') await now.clock.advance(31_000)
    else if (step.do === 'kill') await checkDisk(file, server)
    else if (step.do === 'restart') {
      await now.collection.cleanup()
      now.collection.startSyncImmediate()
    } else {
      now.fail(undefined)
      await now.daybook.close()
      now = open()
    }
  }
  now.fail(undefined)
  await now.daybook.ready
  await turns(100)
  if (now.collection.status === 'error') {
    // The rows on disk could not be read: the store's trouble at the start is for the app to see.
    await now.collection.cleanup()
    now.collection.startSyncImmediate()
  }
  // A claim that could not be written is tried again.
  await now.clock.advance(31_000)
  for (let n = 0; n < 500 && now.feed.calls === undefined; n++)
    await new Promise((resolve) => setImmediate(resolve))
  now.feed.deliver(server.token)
  expect(sorted(rowsOf(now.collection))).toEqual(sorted(server.versions.at(-1)!))
  await now.clock.advance(31_000)
  await now.clock.advance(31_000)
  await now.daybook.close()
  expect(await checkDisk(file, server)).toBe(server.token)
  removeFile(file)
}

for (const partial of [false, true]) {
  for (const late of [false, true]) {
    test(`rows and token fit, ${partial ? 'partial' : 'full'} updates, a connection that answers ${late ? 'late' : 'at once'}`, async () => {
      await check(
        fc.asyncProperty(fc.array(command, { maxLength: 25 }), (commands) => run(commands, partial, late)),
        200,
      )
    })
  }
}
