/**
 * One transaction of a source, from begin to commit: what it changes, as ops.
 *
 * The ops are the difference between what the log says of the rows and what they are afterwards, so a transaction that
 * changes nothing, or that empties the collection and fills it with the same rows, has none. Of a row that only the disk
 * may have, nothing is known: what the source says of it is written as it says it.
 */

import type { Op } from '../../../log/op.js'
import type { Key } from '../../../values/key.js'
import { nothingTouched, type Touched } from './touched.js'

export interface RowState {
  readonly row: object
  readonly metadata: unknown
}

/** What the log says of a row, as far as it is known here. */
export type Logged = RowState | 'absent' | 'unknown'

export interface TransactionContext {
  readonly id: string
  /** Whether two values are the same to the log. */
  readonly isSame: (one: unknown, other: unknown) => boolean
  /** Only a part of the rows is in memory. */
  readonly onDemand: boolean
  /** Updates name the fields that change. */
  readonly partial: boolean
  readonly logged: (key: Key) => Logged
  /** The keys of all rows that the log is known to have. */
  readonly loggedKeys: () => Iterable<Key>
  /** What the row will be when the open transaction is committed. */
  readonly present: (key: Key) => RowState | undefined
  /** Metadata of rows is kept. */
  readonly keepsMetadata: boolean
  /** What is kept of it. */
  readonly keptMetadata: (metadata: unknown) => unknown
}

interface Change {
  readonly before: Logged
  /** The source has written all of it, or deleted it. */
  isSaid: boolean
  /** The source has deleted it. */
  isDeleted: boolean
  /** What it said of a row that is not in memory. */
  unseen: Op[]
}

export class UpstreamTransaction {
  readonly #context: TransactionContext
  readonly #changes = new Map<Key, Change>()
  readonly #names = new Map<string, unknown>()
  readonly #marks = new Map<string, unknown>()
  #truncated = false
  #isReady = false
  #hasRows = false

  constructor(context: TransactionContext) {
    this.#context = context
  }

  /** Call it before each change of a row or of its metadata. */
  touch(key: Key): void {
    if (this.#changes.has(key)) return
    const before = this.#truncated ? 'absent' : this.#context.logged(key)
    this.#changes.set(key, { before, isSaid: false, isDeleted: false, unseen: [] })
  }

  /** The source has written all of a row. */
  wrote(key: Key): void {
    this.#hasRows = true
    const change = this.#changes.get(key) as Change
    change.isSaid = true
    change.isDeleted = false
    change.unseen = []
  }

  deleted(key: Key): void {
    const change = this.#changes.get(key) as Change
    change.isSaid = true
    change.isDeleted = true
    change.unseen = []
  }

  /** A change of fields of a row that is not in memory. */
  patchUnseen(key: Key, fields: object): void {
    this.#sayUnseen(key, { op: 'patch', collection: this.#context.id, key, fields })
  }

  /** A change of the metadata of a row that is not in memory. */
  metaUnseen(key: Key, value: unknown): void {
    if (!this.#context.keepsMetadata) return
    const kept = this.#context.keptMetadata(value)
    this.#sayUnseen(key, { op: 'meta', collection: this.#context.id, key, value: kept })
  }

  /** All rows go. Call it before core is told. `isReady`: the source says that it is ready when it has committed. */
  truncate(isReady: boolean): void {
    const { onDemand, loggedKeys } = this.#context
    if (onDemand) this.#changes.clear()
    else for (const key of loggedKeys()) this.touch(key)
    for (const change of this.#changes.values()) change.unseen = []
    this.#truncated = true
    this.#isReady = isReady
    this.#hasRows = false
  }

  /** All rows went, and the source does not say that those that came instead are all. */
  get isIncomplete(): boolean {
    return this.#truncated && !(this.#isReady && this.#hasRows)
  }

  get isTruncated(): boolean {
    return this.#truncated
  }

  /** It says nothing at all. */
  get isEmpty(): boolean {
    return !this.hasTouched && this.#names.size === 0
  }

  /** It is about rows. */
  get hasTouched(): boolean {
    return this.#truncated || this.#changes.size > 0
  }

  isTouched(key: Key): boolean {
    return this.#truncated || this.#changes.has(key)
  }

  /** It has said what the row is, or that there is none. */
  hasSaid(key: Key): boolean {
    return this.#truncated || this.#changes.get(key)?.isSaid === true
  }

  /** The rows that it touched, as they were before. */
  *touchedRows(): Iterable<readonly [Key, Logged]> {
    for (const [key, { before }] of this.#changes) yield [key, before]
  }

  /** The op for a mark of daybook's own, which is written whatever the log has. */
  mark(name: string, value: unknown): Op {
    this.#marks.set(name, value)
    return { op: 'state', collection: this.#context.id, name, value }
  }

  setName(name: string, value: unknown): void {
    this.#names.set(name, value)
  }

  /** What was staged under a name; `undefined` when nothing was. */
  stagedName(name: string): { readonly value: unknown } | undefined {
    return this.#names.has(name) ? { value: this.#names.get(name) } : undefined
  }

  get stagedNames(): ReadonlyMap<string, unknown> {
    return new Map([...this.#names, ...this.#marks])
  }

  /**
   * The difference, and what was touched. Call it before core commits.
   *
   * @param before what the log has under a name of the collection's metadata
   */
  finish(before: (name: string) => unknown): { readonly ops: Op[]; readonly touched: Touched } {
    const { id, onDemand, isSame } = this.#context
    const ops: Op[] = []
    const touched = nothingTouched()
    if (this.#truncated && onDemand) {
      ops.push({ op: 'truncate', collection: id })
      touched.truncated = true
    }
    for (const [key, change] of this.#changes) {
      const after = this.#context.present(key)
      const changes = this.#changesOf(key, change, after)
      if (changes.length > 0) touched.keys.add(key)
      if (after === undefined && change.unseen.length > 0) touched.unseen.set(key, changes)
      ops.push(...changes)
    }
    const names = [...this.#names].filter(([name, value]) => !restates(name, before(name), value, isSame))
    for (const [name, value] of names) {
      touched.names.add(name)
      ops.push({ op: 'state', collection: id, name, value })
    }
    return { ops, touched }
  }

  #sayUnseen(key: Key, op: Op): void {
    const change = this.#changes.get(key) as Change
    // Of a row that it has just deleted there is nothing more to say.
    if (change.before === 'unknown' && !change.isDeleted) change.unseen.push(op)
  }

  #changesOf(key: Key, { before, isDeleted, unseen }: Change, after: RowState | undefined): Op[] {
    const { id: collection, partial, keepsMetadata, keptMetadata, isSame } = this.#context
    if (after === undefined) {
      if (unseen.length > 0) return unseen
      const isGone = before === 'unknown' ? isDeleted : before !== 'absent'
      return isGone ? [{ op: 'delete', collection, key }] : []
    }
    const { row } = after
    const metadata = keptMetadata(after.metadata)
    const ops: Op[] = []
    if (typeof before === 'string') {
      ops.push({ op: 'put', collection, key, value: row })
      // The disk may have the row, with metadata that an insert clears.
      if (keepsMetadata && (before === 'unknown' || metadata !== undefined))
        ops.push({ op: 'meta', collection, key, value: metadata })
      return ops
    }
    if (!isSame(before.row, row)) {
      ops.push(
        partial
          ? { op: 'patch', collection, key, ...difference(before.row, row, isSame) }
          : { op: 'put', collection, key, value: row },
      )
    }
    if (keepsMetadata && !isSame(keptMetadata(before.metadata), metadata))
      ops.push({ op: 'meta', collection, key, value: metadata })
    return ops
  }
}

/** The fields in which a row differs from the one before it. */
function difference(
  before: object,
  after: object,
  isSame: TransactionContext['isSame'],
): { fields: object; unset?: string[] } {
  const old = before as Record<string, unknown>
  const changed = Object.entries(after).filter(
    ([name, value]) => !Object.hasOwn(old, name) || !isSame(old[name], value),
  )
  // fromEntries defines own properties: a field named __proto__ stays a field.
  const fields = Object.fromEntries(changed)
  const unset = Object.keys(old).filter((name) => !Object.hasOwn(after, name))
  return unset.length > 0 ? { fields, unset } : { fields }
}

/**
 * Whether metadata says nothing new. Electric stamps its resume token with the time whenever the server says that
 * nothing has changed; a new time alone is not worth an entry.
 */
function restates(
  name: string,
  before: unknown,
  after: unknown,
  isSame: TransactionContext['isSame'],
): boolean {
  if (isSame(before, after)) return true
  if (name !== 'electric:resume' || !isObject(before) || !isObject(after)) return false
  return isSame({ ...before, updatedAt: 0 }, { ...after, updatedAt: 0 })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
