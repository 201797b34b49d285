/** A server of the machine: rows that it is asked to change, every state that they were in, and whether it can be reached. */

import type { LoadSubsetOptions } from '@tanstack/db'
import { comparatorOf, leadingValue, predicateOf, type Seen } from '../../materializer/subset/exact.js'
import { SubsetRequest } from '../../runtime/collections/on-demand/subset-request.js'
import type { Key } from '../../values/key.js'
import { sameValue } from '../../values/same.js'
import type { Change } from './program.js'
import { COLUMNS, type Row } from './values.js'

/** A change of one row; without a row it was deleted. */
export interface ServerChange {
  readonly version: number
  readonly key: Key
  readonly row: Row | undefined
}

export class BorderServer {
  readonly rows = new Map<Key, Row>()
  /** Counts the changes. */
  version = 0
  /** Changes up to this version are not known any more: whoever has not seen them begins anew. */
  forgottenUpTo = 0
  /** Nobody reaches it. */
  isAway = false
  /** How many of the next requests fail. */
  failures = 0
  readonly #changes: ServerChange[] = []
  readonly #marks: number
  readonly #empty: object
  readonly #listeners = new Set<() => void>()

  /**
   * `identity`: whose rows it has; no two have a mark in common. `allColumns`: rows have every column, as those of a table
   * of SQL: what nobody gave them is null.
   */
  constructor(identity = 0, allColumns = false) {
    this.#marks = -(identity + 1) * 1_000_000
    this.#empty = allColumns ? Object.fromEntries(COLUMNS.map((name) => [name, null])) : {}
  }

  /** Changes rows; what does not fit is left out. Answers with the rows as they are then. */
  apply(changes: readonly Change[], marks: readonly number[] = []): ServerChange[] {
    const made: ServerChange[] = []
    for (const [index, change] of changes.entries()) {
      const { key } = change
      const before = this.rows.get(key)
      if ((change.kind === 'insert') === (before !== undefined)) continue
      const version = ++this.version
      // Its own changes have negative marks: no call asked for them.
      const v = marks[index] ?? this.#marks - version
      const row = change.kind === 'delete' ? undefined : { ...this.#empty, ...rowAfter(before, change, v) }
      if (row === undefined) this.rows.delete(key)
      else this.rows.set(key, row)
      made.push({ version, key, row })
    }
    this.#changes.push(...made)
    if (made.length > 0) for (const listener of [...this.#listeners]) listener()
    return made
  }

  /** The last change of each row after a version; nothing when they are not known any more. */
  since(version: number): ServerChange[] | undefined {
    const last = new Map<Key, ServerChange>()
    const each = this.eachSince(version)
    for (const change of each ?? []) {
      last.delete(change.key)
      last.set(change.key, change)
    }
    return each && [...last.values()]
  }

  /** Every change after a version; nothing when they are not known any more. */
  eachSince(version: number): ServerChange[] | undefined {
    if (version < this.forgottenUpTo) return undefined
    return this.#changes.filter((change) => change.version > version)
  }

  /** What a collection asks for: all that fit, or a page, and of a page also what is at its cursor and equal to its last row. */
  rowsOf(options: LoadSubsetOptions): Row[] {
    const { where, orderBy, limit, offset = 0, cursor } = new SubsetRequest(options).subset
    const matches = (condition: typeof where) =>
      condition === undefined ? () => true : predicateOf(condition)
    const seen = Array.from(this.rows.values(), (row) => ({ row, seen: { ...row, $key: row.id } as Seen }))
    const own = seen.filter((each) => matches(where)(each.seen))
    const term = orderBy?.[0]
    if (term === undefined || (limit === undefined && cursor === undefined)) return own.map(({ row }) => row)
    const compare = comparatorOf(term)
    const value = leadingValue(term)
    const behind = own.filter((each) => matches(cursor?.whereFrom)(each.seen))
    behind.sort((a, b) => compare(value(a.seen), value(b.seen)))
    const end = behind[(cursor === undefined ? offset : 0) + (limit ?? behind.length) - 1]
    const page =
      end === undefined ? behind : behind.filter((each) => compare(value(each.seen), value(end.seen)) <= 0)
    const current = cursor === undefined ? [] : own.filter((each) => matches(cursor.whereCurrent)(each.seen))
    return [...new Set([...page, ...current])].map(({ row }) => row)
  }

  /** The row as it was at a version. */
  rowAt(key: Key, version: number): Row | undefined {
    let row: Row | undefined
    for (const change of this.#changes) if (change.key === key && change.version <= version) row = change.row
    return row
  }

  /** Whether a row ever had this mark, whatever became of it. */
  hadMark(v: number): boolean {
    return this.#changes.some(({ row }) => row?.v === v)
  }

  /** Whether a row is what it was at a version, and was all the time since. */
  isUnchangedSince(key: Key, version: number): boolean {
    return !this.#changes.some((change) => change.key === key && change.version > version)
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function rowAfter(before: Row | undefined, change: Exclude<Change, { kind: 'delete' }>, v: number): Row {
  const row: Record<string, unknown> = { id: change.key, ...before, ...change.fields, v }
  if (change.kind === 'update' && change.unset !== undefined) delete row[change.unset]
  return row as unknown as Row
}

/** The fields of a row that a change has changed; nothing when some went, which fields cannot say. */
export function changedFields(before: Row, after: Row): Record<string, unknown> | undefined {
  const old = before as unknown as Record<string, unknown>
  if (Object.keys(old).some((name) => !Object.hasOwn(after, name))) return undefined
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) => name === 'id' || !Object.hasOwn(old, name) || !sameValue(old[name], value),
    ),
  )
}
