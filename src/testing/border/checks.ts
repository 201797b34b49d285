/** What must be so whenever everything has come to rest, whatever the program did. */

import { inspect } from 'node:util'
import type { Op } from '../../log/op.js'
import { ANSWERED, COMPLETE } from '../../runtime/collections/metadata.js'
import type { Key } from '../../values/key.js'
import { sameValue } from '../../values/same.js'
import { type FoldedCollections, foldOps } from '../fold.js'
import { type ArchivedEntry, opsOf } from '../simulation/archive.js'
import { BrokenPromise, must } from '../simulation/check.js'
import type { BorderBranches } from './branches.js'
import { type Call, type Calls, codeOf, isRefused } from './calls.js'
import { migrated } from './migrated.js'
import { plain } from './plain.js'
import type { On } from './program.js'
import type { BorderServer } from './server.js'
import type { Said, SourceRecord } from './source.js'

export { BrokenPromise, must }

export const text = (value: unknown): string =>
  inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY })

export const sorted = (row: object): object =>
  Object.fromEntries(Object.entries(plain(row)).sort(([a], [b]) => (a < b ? -1 : 1)))

export const sameRow = (one: object, other: object): boolean => sameValue(sorted(one), sorted(other))

/** Rows on one side are those on the other. */
export function checkSameRows(
  what: string,
  shown: ReadonlyMap<Key, object>,
  expected: ReadonlyMap<Key, object>,
  { mayLack = false }: { readonly mayLack?: boolean } = {},
): void {
  for (const [key, row] of shown) {
    const wanted = expected.get(key)
    must(wanted !== undefined, () => `${what} shows row ${text(key)} ${text(plain(row))}, which is not there`)
    must(sameRow(row, wanted as object), () => `${what} shows ${text(plain(row))}, expected ${text(wanted)}`)
  }
  if (mayLack) return
  for (const [key, row] of expected) must(shown.has(key), () => `${what} lacks row ${text(key)} ${text(row)}`)
}

/** A walk through the log, entry by entry. */
export class LogWalk {
  readonly rows: FoldedCollections = new Map()
  readonly #calls: Calls
  readonly #branches: BorderBranches
  /** Collections whose rows a source writes. */
  readonly #synced: ReadonlySet<string>
  /** What the log has of each row of each origin, in order. */
  readonly #ops = new Map<string, { readonly kind: string; readonly mark: unknown }[]>()
  readonly #groups = new Map<number, number>()
  /** The entry that wrote the initialData of each collection. */
  readonly #initials = new Map<string, number>()
  /** Collections that the log has mentioned. */
  readonly #mentioned = new Set<string>()
  /** Metadata of the collections, by collection and name. */
  readonly #states = new Map<string, Map<string, unknown>>()
  /** The schema version that each collection's rows have. */
  readonly #versions = new Map<string, number>()
  /** Entries that change no row: who runs a source, and what is remembered of what was read. */
  idle = 0
  /** Rows that were forgotten: the log has more of them than was asked for, or less. */
  readonly #uncertain = new Set<string>()

  constructor(calls: Calls, branches: BorderBranches, synced: ReadonlySet<string>) {
    this.#calls = calls
    this.#branches = branches
    this.#synced = synced
  }

  /** B1 and B3: what an entry does it does on the rows that its writer took for granted. */
  take(entry: ArchivedEntry): void {
    const { seq, origin, kind } = entry
    const ops = opsOf(entry)
    const isIdle =
      (kind === 'tx' || kind === 'claim') && ops.every(({ op }) => op === 'state' || op === 'claim')
    if (isIdle) this.idle++
    const migrations = this.#migrationsIn(ops)
    for (const op of ops) {
      const rows = this.rows.get(op.collection)
      if (op.op === 'reset') {
        this.#states.delete(op.collection)
        this.#versions.delete(op.collection)
      }
      if (op.op === 'schema') this.#versions.set(op.collection, op.to)
      if (op.op === 'state') this.#setState(op.collection, op.name, op.value)
      const isMigrated = migrations.get(op.collection)?.before.size
      if (this.#synced.has(op.collection) || isMigrated || isRestated(op, rows)) {
        foldOps(this.rows, [op])
        continue
      }
      if (op.op === 'put' || op.op === 'patch' || op.op === 'delete') {
        const mark =
          op.op === 'put'
            ? (op.value as { v?: unknown }).v
            : op.op === 'patch'
              ? (op.fields as { v?: unknown }).v
              : undefined
        const call = typeof mark === 'number' ? this.#calls.all.find((each) => each.mark === mark) : undefined
        const isThere = rows?.has(op.key) === true
        const name = `entry ${seq}, ${op.op} of row ${text(op.key)} in ${op.collection}`
        if (op.op === 'patch') must(isThere, () => `B1: ${name} changes a row that is not there`)
        if (op.op === 'put' && (call?.kind === 'insert' || call?.kind === 'update'))
          must(!isThere, () => `B3: ${name} overwrites a row, and was made by an ${call.kind}`)
        if (op.op === 'put' && call?.kind === 'update') {
          must(
            call.ofSeed === true,
            () => `B1: ${name} brings back a row that was gone, and was made by an update`,
          )
          this.#branches.reached('a row that only memory had was changed, and kept whole')
        }
        const isInitial = typeof mark === 'number' && mark < 0
        if (isInitial) this.#takeInitial(op.collection, mark, seq)
        else this.#note(`${origin} ${op.collection} ${text(op.key)}`, { kind: op.op, mark })
        if (call !== undefined && call.group > 0) {
          const seen = this.#groups.get(call.group)
          must(
            seen === undefined || seen === seq,
            () => `transaction ${call.group} is in entry ${seen} and in entry ${seq}`,
          )
          this.#groups.set(call.group, seq)
        }
      }
      foldOps(this.rows, [op])
      if (op.op === 'put' || op.op === 'patch') this.#checkSaid(seq, op)
    }
    for (const { collection } of ops) this.#mentioned.add(collection)
    for (const [collection, { to, before }] of migrations) {
      if (before.size > 0) this.#branches.reached('a collection was migrated')
      if (before.size > 0)
        checkMigrated(`entry ${seq}, which migrates ${collection},`, to, before, this.of(collection as On))
    }
  }

  /** B1: the row is what the call has made of it, right behind its op. */
  #checkSaid(seq: number, op: Extract<Op, { op: 'put' | 'patch' }>): void {
    const row = this.of(op.collection as On).get(op.key) as Record<string, unknown>
    const said = this.#calls.all.find(({ mark }) => mark === row.v)?.says
    if (said === undefined) return
    const isAsSaid = Object.entries(said).every(([name, value]) => sameValue(row[name], value))
    must(
      isAsSaid,
      () =>
        `B1: entry ${seq} makes ${text(row)} of row ${text(op.key)} in ${op.collection}; asked was ${text(said)}`,
    )
  }

  /** The rows before the entry of each collection that it brings to another schema version. */
  #migrationsIn(
    ops: readonly Op[],
  ): Map<string, { readonly to: number; readonly before: ReadonlyMap<Key, object> }> {
    return new Map(
      ops.flatMap((op) =>
        op.op === 'schema' && !this.#synced.has(op.collection)
          ? [[op.collection, { to: op.to, before: new Map(this.of(op.collection as On)) }] as const]
          : [],
      ),
    )
  }

  /** The log may say less of a row from now on than was asked for. */
  forgotten(on: On, key: Key): void {
    this.#uncertain.add(`${on} ${text(key)}`)
  }

  /** B4: initialData is written in one entry, before anything else of its collection. */
  #takeInitial(collection: string, mark: number, seq: number): void {
    const written = this.#initials.get(collection)
    if (written === undefined) this.#branches.reached('initialData was written, once')
    must(
      written === undefined ? !this.#mentioned.has(collection) : written === seq,
      () => `B4: entry ${seq} writes initialData of ${collection}, which the log had mentioned (${mark})`,
    )
    this.#initials.set(collection, seq)
  }

  /** B1, B2, B11: of each row, the log has what was kept, once, in the order in which it was asked for; nothing that was refused. */
  checkCalls(): void {
    const byRow = new Map<string, Call[]>()
    for (const call of this.#calls.all) {
      if (this.#synced.has(call.on)) continue
      const name = `${call.origin} ${call.on} ${text(call.key)}`
      byRow.set(name, [...(byRow.get(name) ?? []), call])
    }
    for (const [name, ops] of this.#ops) {
      if (this.#isUncertain(name)) continue
      const calls = byRow.get(name) ?? []
      let at = 0
      for (const op of ops) {
        // A delete carries no mark: it is taken for one that may be in the log, if there is one.
        const fitting = (mayBeRefused: boolean): number =>
          calls.findIndex(
            (call, index) => index >= at && fits(call, op) && (mayBeRefused || !isRefused(call)),
          )
        const found = fitting(false) === -1 ? fitting(true) : fitting(false)
        must(
          found !== -1,
          () =>
            `B2: row ${name} has a ${op.kind} (${text(op.mark)}) in the log that was not asked for then; asked: ${told(calls)}; the log has ${text(ops)}`,
        )
        const call = calls[found] as Call
        must(
          !isRefused(call),
          () =>
            `B11: call ${call.mark} (${call.kind} of ${name}) was refused, and is in the log: ${codeOf((call.outcome as { refused: unknown }).refused)}`,
        )
        for (const skipped of calls.slice(at, found))
          must(
            skipped.outcome !== 'kept',
            () =>
              `B1: call ${skipped.mark} (${skipped.kind} of ${name}) was acknowledged, and is not in the log; it has ${text(ops)}`,
          )
        at = found + 1
      }
      for (const left of calls.slice(at))
        must(
          left.outcome !== 'kept',
          () =>
            `B1: call ${left.mark} (${left.kind} of ${name}) was acknowledged, and is not in the log; it has ${text(ops)}`,
        )
    }
    for (const [name, calls] of byRow) {
      if (this.#ops.has(name) || this.#isUncertain(name)) continue
      for (const call of calls)
        must(
          call.outcome !== 'kept',
          () =>
            `B1: call ${call.mark} (${call.kind} of ${name}) was acknowledged, and the log has nothing of it`,
        )
    }
  }

  /** The metadata of a collection. */
  states(on: On): ReadonlyMap<string, unknown> {
    return this.#states.get(on) ?? new Map()
  }

  /** The schema version of a collection's rows. */
  versionOf(on: On): number {
    return this.#versions.get(on) ?? 1
  }

  /** What the log makes of a collection. */
  of(on: On): ReadonlyMap<Key, object> {
    return this.rows.get(on) ?? new Map()
  }

  /** `name`: of a row as changed by one origin. */
  #isUncertain(name: string): boolean {
    return this.#uncertain.has(name.slice(name.indexOf(' ') + 1))
  }

  #setState(collection: string, name: string, value: unknown): void {
    const states = this.#states.get(collection) ?? new Map<string, unknown>()
    this.#states.set(collection, states)
    if (value === undefined) states.delete(name)
    else states.set(name, value)
  }

  #note(name: string, op: { readonly kind: string; readonly mark: unknown }): void {
    this.#ops.set(name, [...(this.#ops.get(name) ?? []), op])
  }
}

/** A row that is stated once more, because the entry that had its content was redacted. */
const isRestated = (op: Op, rows: ReadonlyMap<Key, object> | undefined): boolean => {
  const row = op.op === 'put' ? rows?.get(op.key) : undefined
  return op.op === 'put' && row !== undefined && sameRow(row, op.value)
}

const told = (calls: readonly Call[]): string =>
  calls
    .map(
      ({ mark, kind, outcome }) =>
        `${mark} ${kind} ${typeof outcome === 'string' ? outcome : codeOf(outcome.refused)}`,
    )
    .join(', ')

function fits(call: Call, { kind, mark }: { readonly kind: string; readonly mark: unknown }): boolean {
  if (kind === 'delete') return call.kind === 'delete' || call.kind === 'remove'
  return call.mark === mark
}

/** B5: a mark that a collection, or a subset of it, is complete means that its rows are there. */
export function checkMarks(
  on: On,
  states: ReadonlyMap<string, unknown>,
  rows: ReadonlyMap<Key, object>,
  record: SourceRecord,
  server: BorderServer,
): void {
  const faultOf = ({ version, keys }: Said): string | undefined => {
    for (const key of keys) {
      if (!server.isUnchangedSince(key, version)) continue
      const row = rows.get(key)
      const wanted = server.rows.get(key) as object
      if (row === undefined || !sameRow(row, wanted))
        return `has ${text(row)} for row ${text(key)}, which is ${text(wanted)}`
    }
    return undefined
  }
  // What was said last may not be kept, for example where the app ended then: what was said before holds on.
  const check = (what: string, said: readonly Said[]): void => {
    const faults = said.map(faultOf)
    must(
      faults.length === 0 || faults.includes(undefined),
      () => `B5: ${on} is marked as ${what}, and ${faults.at(-1)}`,
    )
  }
  if (states.get(COMPLETE) === true) check('complete', record.complete)
  for (const [digest, said] of record.answered)
    if (states.get(ANSWERED + digest) === true) check('answered', said)
}

/** All rows that were there are there, migrated. */
function checkMigrated(
  what: string,
  to: number,
  before: ReadonlyMap<Key, object>,
  after: ReadonlyMap<Key, object>,
): void {
  must(
    before.size === after.size,
    () => `${what} has ${after.size} rows of the ${before.size} that were there`,
  )
  const expected = new Map(Array.from(before, ([key, row]) => [key, migrated(to)(row as never)] as const))
  checkSameRows(what, after, expected)
}

/** What was acknowledged of a collection with a source, its server knows. */
export function checkConfirmed(calls: Calls, on: On, servers: readonly BorderServer[]): void {
  for (const { on: of, kind, mark, outcome } of calls.all) {
    if (of !== on || kind === 'delete' || outcome !== 'kept') continue
    must(
      servers.some((server) => server.hadMark(mark)),
      () => `B1: call ${mark} (${kind} in ${on}) was acknowledged, and its server never had it`,
    )
  }
}
