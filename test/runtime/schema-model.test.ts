/**
 * A property: whatever versions of an app are open on one file, whatever they write, migrate and drop, and however that
 * interleaves, every row in the log is of the version that the log says at that place, a migration has every row there
 * is, and an app shows rows of its own version or none.
 */

import { createCollection } from '@tanstack/db'
import { expect, test } from 'vitest'
import { type Daybook, type DecodedEntry, persistedCollectionOptions } from '../../src/node.js'
// Loaded when the first rows are to be migrated; here before it, so that no run waits for the file.
import '../../src/runtime/collections/schema/raise-version.js'
import { FakeClock, turn } from '../support/clock.js'
import { connect } from '../support/connections.js'
import { daybookOn } from '../support/daybook.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { rowsByKey } from './fixture.js'

const IDS = ['a', 'b'] as const
const SLOTS = 3

/** `v` is the version that the row is of, `n` what somebody has written. */
interface Row {
  id: number
  n: number
  v: number
}

type Step =
  | {
      readonly do: 'open'
      readonly slot: number
      readonly version: number
      readonly migrates: boolean
    }
  | {
      readonly do: 'insert' | 'update' | 'delete'
      readonly slot: number
      readonly id: (typeof IDS)[number]
      readonly key: number
    }
  | { readonly do: 'drop'; readonly slot: number; readonly id: (typeof IDS)[number] }
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'time' | 'settle' }

const slot = fc.nat({ max: SLOTS - 1 })
const id = fc.constantFrom(...IDS)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      slot,
      version: fc.integer({ min: 1, max: 3 }),
      migrates: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('insert' as const, 'insert' as const, 'update' as const, 'delete' as const),
      slot,
      id,
      key: fc.nat({ max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), slot, id }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.nat({ max: 30 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('time' as const, 'settle' as const) }) },
)

/** A running app: one version, a daybook of its own. */
class App {
  readonly version: number
  readonly migrates: boolean
  readonly daybook: Daybook
  readonly collections
  readonly told: readonly unknown[]

  constructor(file: string, clock: FakeClock, { version, migrates }: Extract<Step, { do: 'open' }>) {
    this.version = version
    this.migrates = migrates
    const { daybook, told } = daybookOn(connect(file), clock)
    this.daybook = daybook
    this.told = told
    this.collections = Object.fromEntries(
      IDS.map((name) => {
        const collection = createCollection(
          persistedCollectionOptions({
            id: name,
            persistence: this.daybook,
            getKey: (row: Row) => row.id,
            schemaVersion: version,
            migrate: migrates ? (row: Row, from) => migrated(row, from, version) : undefined,
          }),
        )
        collection.startSyncImmediate()
        return [name, collection]
      }),
    )
  }
}

function migrated(row: Row, from: number, version: number): Row {
  expect(row.v).toBe(from)
  return { ...row, v: version }
}

/** The file, the apps that are open on it, and what they were promised. */
class World {
  readonly file = newFile()
  readonly clock = new FakeClock()
  readonly apps: (App | undefined)[] = Array(SLOTS).fill(undefined)
  /** Values of `n` whose write was acknowledged, and of those that were refused. */
  readonly kept = new Set<number>()
  readonly refused = new Set<number>()
  #pending: Promise<unknown>[] = []
  #n = 0

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case 'open':
        await this.apps[step.slot]?.daybook.close()
        this.apps[step.slot] = new App(this.file, this.clock, step)
        return
      case 'drop':
        this.#promise(this.apps[step.slot]?.daybook.drop(step.id))
        return
      case 'turns':
        for (let count = 0; count < step.count; count++) await undefined
        return
      case 'time':
        return this.clock.advance(60)
      case 'settle':
        return this.settle()
      default:
        return this.#write(step)
    }
  }

  async settle(): Promise<void> {
    let settled = false
    const done = Promise.all(this.#pending.splice(0)).then(() => {
      settled = true
    })
    for (let round = 0; round < 6 || !settled; round++) {
      await this.clock.advance(60)
      for (let count = 0; count < 5; count++) await turn()
    }
    await done
  }

  #write({ do: what, slot, id, key }: Extract<Step, { key: number }>): void {
    const app = this.apps[slot]
    const collection = app?.collections[id]
    if (app === undefined || collection === undefined) return
    const n = ++this.#n
    try {
      const { isPersisted } =
        what === 'insert'
          ? collection.insert({ id: key, n, v: app.version })
          : what === 'delete'
            ? collection.delete(key)
            : collection.update(key, (draft) => {
                draft.n = n
              })
      this.#promise(
        isPersisted.promise.then(
          () => what !== 'delete' && this.kept.add(n),
          () => this.refused.add(n),
        ),
      )
    } catch {
      // In error, or core knows better: the row is there already, or is not.
    }
  }

  #promise(work: Promise<unknown> | undefined): void {
    if (work !== undefined) this.#pending.push(work.catch(() => undefined))
  }
}

interface Known {
  version: number
  /** The versions in which it ever had rows. */
  readonly seen: Set<number>
  /** It was emptied by a drop: an app in error does not look whether there is room for it now. */
  dropped: boolean
  rows: Map<number, Row>
}

/** What the log says, in plain JavaScript; every entry must fit what those before it have said. */
function replay(entries: readonly DecodedEntry[]): { known: Map<string, Known>; written: Set<number> } {
  const known = new Map<string, Known>(
    IDS.map((name) => [name, { version: 1, seen: new Set(), dropped: false, rows: new Map() }]),
  )
  const written = new Set<number>()
  for (const { kind, ops } of entries) {
    const [first] = ops
    if (kind === 'schema' && first?.op === 'schema') {
      const collection = known.get(first.collection) as Known
      expect(first.from).toBe(collection.version)
      expect(first.to).toBeGreaterThan(first.from)
      const rows = new Map<number, Row>()
      for (const op of ops) if (op.op === 'put') rows.set(op.key as number, op.value as Row)
      const expected = [...collection.rows].map(([key, row]) => [key, { ...row, v: first.to }] as const)
      expect(rows).toEqual(new Map(expected))
      Object.assign(collection, { version: first.to, rows })
      continue
    }
    for (const op of ops) {
      const collection = known.get(op.collection) as Known
      const row = 'key' in op ? collection.rows.get(op.key as number) : undefined
      if (op.op === 'reset') Object.assign(collection, { version: 1, rows: new Map(), dropped: true })
      if (op.op === 'delete') collection.rows.delete(op.key as number)
      if (op.op === 'put') {
        const value = op.value as Row
        expect(value.v).toBe(collection.version)
        collection.rows.set(value.id, value)
        collection.seen.add(value.v)
        written.add(value.n)
      }
      if (op.op === 'patch') {
        const { n } = op.fields as Row
        if (row !== undefined) collection.rows.set(row.id, { ...row, n })
        written.add(n)
      }
    }
  }
  return { known, written }
}

function expectRightView({ version, migrates, collections }: App, known: Map<string, Known>): void {
  for (const [name, collection] of Object.entries(collections)) {
    const { version: found, rows, seen, dropped } = known.get(name) as Known
    const opens = found === version || (found < version && rows.size === 0)
    // What it once could not migrate somebody else may have migrated since; it does not look again.
    const gaveUp = dropped || (!migrates && [...seen].some((older) => older < version))
    if (opens && !(gaveUp && collection.status === 'error')) {
      expect([name, collection.status]).toEqual([name, 'ready'])
      expect(rowsByKey(collection)).toEqual(rows)
    } else {
      // Older rows that it could migrate would have been migrated.
      if (found < version) expect(gaveUp).toBe(true)
      expect([name, collection.status]).toEqual([name, 'error'])
    }
  }
}

async function entriesOf(daybook: Daybook): Promise<DecodedEntry[]> {
  const entries: DecodedEntry[] = []
  for await (const entry of daybook.entries()) entries.push(entry)
  return entries
}

test('old and new apps on one file never take each other’s rows for their own', async () => {
  await check(
    fc.asyncProperty(fc.array(anyStep, { minLength: 3, maxLength: 30 }), async (steps) => {
      const world = new World()
      for (const step of steps) await world.run(step)
      await world.settle()
      const { daybook: onlooker } = daybookOn(connect(world.file), world.clock)
      const before = replay(await entriesOf(onlooker))
      for (const n of world.kept) expect(before.written).toContain(n)
      for (const n of world.refused) expect(before.written).not.toContain(n)
      for (const app of world.apps) if (app !== undefined) expectRightView(app, before.known)

      // The newest app can open whatever the others have left.
      const newest = new App(world.file, world.clock, { do: 'open', slot: 0, version: 3, migrates: true })
      world.apps.push(newest)
      await world.settle()
      const { known } = replay(await entriesOf(onlooker))
      for (const app of world.apps) {
        if (app === undefined) continue
        expectRightView(app, known)
        expect(app.told).toEqual([])
        await app.daybook.close()
      }
      expect((await onlooker.verify()).findings).toEqual([])
      await onlooker.close()
      removeFile(world.file)
    }),
    150,
  )
})
