/**
 * One transaction of a source, from begin to commit: what it changes, as ops.
 *
 * The ops are the difference between the rows before it and after it, so a transaction that changes nothing, or that
 * empties the collection and fills it with the same rows, has none.
 */

import type { Op } from '../../../log/op.js'
import type { Key } from '../../../values/key.js'
import { sameValue } from '../../../values/same.js'
import { acceptedMetadata, acceptedRow, type SyncParams } from '../core-state.js'
import type { CollectionMetadata } from '../metadata.js'
import { nothingTouched, type Touched } from './touched.js'

interface Before {
  readonly row: object | undefined
  readonly metadata: unknown
}

export interface TransactionContext {
  readonly id: string
  readonly core: SyncParams<object, Key>['collection']
  /** Only a part of the rows is in memory. */
  readonly onDemand: boolean
  /** Updates name the fields that change. */
  readonly partial: boolean
  readonly metadata: CollectionMetadata
}

export class UpstreamTransaction {
  readonly #context: TransactionContext
  readonly #before = new Map<Key, Before>()
  readonly #names = new Map<string, unknown>()
  /** Changes of rows that are on disk but not in memory. */
  readonly #unseen: Op[] = []
  #truncated = false

  constructor(context: TransactionContext) {
    this.#context = context
  }

  /** Call it before each change of a row or of its metadata. */
  touch(key: Key): void {
    if (this.#before.has(key)) return
    const { core } = this.#context
    const row = this.#truncated ? undefined : acceptedRow(core, key)
    this.#before.set(key, { row, metadata: row && acceptedMetadata(core, key) })
  }

  /** A change of fields of a row that is not in memory. */
  patchUnseen(key: Key, fields: object): void {
    this.#unseen.push({ op: 'patch', collection: this.#context.id, key, fields })
  }

  /** All rows go. Call it before core is told. */
  truncate(): void {
    const { core, onDemand } = this.#context
    this.#unseen.length = 0
    if (onDemand) this.#before.clear()
    else for (const [key] of core._state.acceptedSyncedEntries()) this.touch(key)
    this.#truncated = true
  }

  setName(name: string, value: unknown): void {
    this.#names.set(name, value)
  }

  /** What was staged under a name; `undefined` when nothing was. */
  stagedName(name: string): { readonly value: unknown } | undefined {
    return this.#names.has(name) ? { value: this.#names.get(name) } : undefined
  }

  get stagedNames(): ReadonlyMap<string, unknown> {
    return this.#names
  }

  /** The difference, and what was touched. Call it before core commits. */
  finish(): { readonly ops: readonly Op[]; readonly touched: Touched } {
    const { id, onDemand, metadata } = this.#context
    const ops: Op[] = []
    const touched = nothingTouched()
    if (this.#truncated && onDemand) {
      ops.push({ op: 'truncate', collection: id })
      touched.truncated = true
    }
    for (const [key, before] of this.#before) {
      const changes = this.#changesOf(key, before)
      if (changes.length > 0) touched.keys.add(key)
      ops.push(...changes)
    }
    ops.push(...this.#unseen)
    for (const [name, value] of this.#names) {
      if (restates(name, metadata.get(name), value)) continue
      touched.names.add(name)
      ops.push({ op: 'state', collection: id, name, value })
    }
    return { ops, touched }
  }

  #changesOf(key: Key, before: Before): Op[] {
    const { core, id: collection, onDemand, partial } = this.#context
    const row = acceptedRow(core, key)
    if (row === undefined) {
      return before.row !== undefined || (onDemand && !this.#truncated)
        ? [{ op: 'delete', collection, key }]
        : []
    }
    const ops: Op[] = []
    if (before.row === undefined) ops.push({ op: 'put', collection, key, value: row })
    else if (!sameValue(before.row, row)) {
      ops.push(
        partial
          ? { op: 'patch', collection, key, ...difference(before.row, row) }
          : { op: 'put', collection, key, value: row },
      )
    }
    const metadata = acceptedMetadata(core, key)
    // A row that was not in memory may be on disk, with metadata that an insert clears.
    const unknown = onDemand && before.row === undefined && !this.#truncated
    if (unknown || !sameValue(before.metadata, metadata))
      ops.push({ op: 'meta', collection, key, value: metadata })
    return ops
  }
}

/** The fields in which a row differs from the one before it. */
function difference(before: object, after: object): { fields: object; unset?: string[] } {
  const old = before as Record<string, unknown>
  const changed = Object.entries(after).filter(
    ([name, value]) => !Object.hasOwn(old, name) || !sameValue(old[name], value),
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
function restates(name: string, before: unknown, after: unknown): boolean {
  if (sameValue(before, after)) return true
  if (name !== 'electric:resume' || !isObject(before) || !isObject(after)) return false
  return sameValue({ ...before, updatedAt: 0 }, { ...after, updatedAt: 0 })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
