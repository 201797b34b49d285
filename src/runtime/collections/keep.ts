/**
 * Keeping mutations: what a TanStack transaction has changed in collections becomes one write.
 *
 * An insert means that the key is absent, an update that its row is there (B1, B3). What a collection has in memory says
 * so as of the position that it follows the log at; the log itself says whether it is still so at the append. Rows that
 * are in memory and not in the log (B4) are kept whole.
 */

import {
  ChangedError,
  ForeignCollectionError,
  KeyTakenError,
  type Position,
  RowGoneError,
  SchemaVersionError,
  SyncedCollectionError,
} from '../../errors.js'
import type { Op } from '../../log/op.js'
import type { Key } from '../../values/key.js'
import type { Internals } from '../daybook/internals.js'
import type { PendingWrite, Prepared, Write } from '../daybook/writer.js'
import { accepted, dropAccepted } from './accepted-keys.js'
import { acceptedRow, isSeed } from './core-state.js'
import { type FollowingCollection, runOf } from './follow.js'
import { keysOnDisk } from './keys-on-disk.js'
import { type MutatedCollection, type Mutation, opOf } from './mutations.js'
import type { CollectionSchema } from './schema/migration.js'
import { recordVersion } from './schema/raise-version.js'
import { requirementOf, schemaOf } from './schema/schema-version.js'
import { isSynced } from './synced-mark.js'

/**
 * Keeps all mutations of a transaction that the app has made, all of it or nothing.
 *
 * @throws SyncedCollectionError, ForeignCollectionError, and what `keep` throws
 */
export async function commitMutations(
  internals: Internals,
  mutations: readonly Mutation[],
): Promise<Position> {
  for (const { collection } of mutations) {
    if (isSynced(collection.config)) throw new SyncedCollectionError(collection.id)
    if (collection.config.persistence !== internals.persistence)
      throw new ForeignCollectionError(collection.id)
  }
  return keep(internals, mutations)
}

/** Writes that mutations are a part of already, by mutation. */
const writes = new WeakMap<object, Promise<Position> | PendingWrite>()

/**
 * Keeps mutations as one entry; resolves when it is in the log and applied. Those that are a part of another write already
 * (their handler runs, or they were accepted before) are not written twice: that write goes on, and is waited for.
 *
 * @throws KeyTakenError, RowGoneError, EarlierRefusedError, ClosedError, and what the log refuses
 */
export async function keep(internals: Internals, mutations: readonly Mutation[]): Promise<Position> {
  const known = new Set<Promise<Position>>()
  const others: Mutation[] = []
  for (const mutation of mutations) {
    const write = writes.get(mutation)
    if (write === undefined) others.push(mutation)
    else if (write instanceof Promise) known.add(write)
    else {
      write.release()
      known.add(write.kept)
    }
  }
  if (others.length > 0) {
    const kept = internals.writer.write(new KeepMutations(internals, others))
    for (const mutation of others) writes.set(mutation, kept)
    if (known.size === 0) return kept
    known.add(kept)
  }
  if (known.size === 0) {
    internals.pending.check()
    return internals.journal.head()
  }
  const positions = await Promise.all(known)
  return positions.reduce((last, each) => (each.seq > last.seq ? each : last))
}

/**
 * Runs the app's handler for mutations, then keeps them. Their place in the order of writes is taken before; when the
 * handler fails, they are not kept.
 */
export async function keepAfter<R>(
  internals: Internals,
  mutations: readonly Mutation[],
  handler: () => R | Promise<R>,
): Promise<R> {
  // What cannot be kept is refused before the handler tells anybody else of it.
  internals.codec.encodeOps(mutations.map((mutation) => opOf(mutation, true, internals.codec.codecs)))
  const write = internals.writer.begin(new KeepMutations(internals, mutations))
  for (const mutation of mutations) writes.set(mutation, write)
  let result: R
  try {
    result = await Promise.race([handler(), write.abandoned])
  } catch (error) {
    write.refuse(error)
    throw error
  }
  write.release()
  await write.kept
  return result
}

/** What is known of a row that a mutation changes: whether the log has it. */
type Known = 'logged' | 'absent' | 'unknown'

class KeepMutations implements Write {
  readonly #internals: Internals
  readonly #mutations: readonly Mutation[]
  readonly #schemas: readonly CollectionSchema[]
  readonly collections: ReadonlySet<string>
  readonly buildsOnEarlier = true
  readonly onLeave: NonNullable<Write['onLeave']>
  /** The collections of which the rows on disk are asked for, because memory cannot tell. */
  #looksAt = new Set<string>()

  constructor(internals: Internals, mutations: readonly Mutation[]) {
    this.#internals = internals
    this.#mutations = mutations
    const collections = new Map<string, MutatedCollection>()
    for (const { collection } of mutations) collections.set(collection.id, collection)
    this.#schemas = Array.from(collections.values(), schemaOf)
    this.collections = new Set(collections.keys())
    const isOver = accepted(mutations)
    this.onLeave = (refusal) => {
      isOver()
      if (refusal !== undefined) dropAccepted(mutations)
    }
  }

  get what(): string {
    const types = [...new Set(this.#mutations.map(({ type }) => type))].join(' and ')
    const names = Array.from(this.collections, (id) => JSON.stringify(id)).join(' and ')
    return `an ${types} in ${names}`.replace(/^an delete/, 'a delete')
  }

  get rows() {
    return this.#mutations.map(({ collection, key }) => ({ collection: collection.id, key }))
  }

  prepare(): Prepared | Promise<Prepared> {
    const loading = this.#runs().filter((run) => run.isLoading && !run.isStopped)
    return loading.length > 0 ? this.#prepareLoaded(loading) : this.#prepareAt()
  }

  async amend(refusal: unknown): Promise<'same' | 'another'> {
    // The first write of a collection says its version; then the same transaction is sent again.
    if (refusal instanceof SchemaVersionError) {
      await recordVersion(this.#internals, this.#schemas, refusal)
      return 'same'
    }
    // Memory is too far behind for the log to tell, or took a row for absent that an update was to keep whole.
    const mayLook =
      refusal instanceof ChangedError || (refusal instanceof KeyTakenError && !this.#inserts(refusal))
    if (!mayLook) throw refusal
    this.#looksAt.add(refusal.collection)
    return 'another'
  }

  #inserts({ collection: id, key }: KeyTakenError): boolean {
    return this.#mutations.some(
      (each) => each.type === 'insert' && each.key === key && each.collection.id === id,
    )
  }

  #runs(): FollowingCollection<object, Key>[] {
    const runs = new Set<FollowingCollection<object, Key>>()
    for (const { collection } of this.#mutations) {
      const run = runOf(collection)
      if (run !== undefined) runs.add(run)
    }
    return [...runs]
  }

  async #prepareLoaded(loading: readonly FollowingCollection<object, Key>[]): Promise<Prepared> {
    await Promise.all(loading.map(({ loaded }) => loaded))
    return this.#prepareAt()
  }

  #prepareAt(): Prepared | Promise<Prepared> {
    const unknown = this.#mutations.filter(
      (mutation) => mutation.type !== 'delete' && this.#known(mutation) === 'unknown',
    )
    return unknown.length > 0 ? this.#look(unknown) : this.#made(NOTHING_FOUND)
  }

  #known({ collection, key }: Mutation): Known {
    const run = runOf(collection)
    if (run === undefined || run.isStopped || run.isLoading || this.#looksAt.has(collection.id))
      return 'unknown'
    const isInMemory = acceptedRow(collection, key) !== undefined
    const isLogged = isInMemory && !isSeed(collection, key)
    if (isLogged) return 'logged'
    return run.isOnDemand ? 'unknown' : 'absent'
  }

  async #look(unknown: readonly Mutation[]): Promise<Prepared> {
    const keys = new Map<string, Key[]>()
    for (const { collection, key } of unknown)
      keys.set(collection.id, [...(keys.get(collection.id) ?? []), key])
    const found = new Map<string, Found>()
    for (const [id, of] of keys) found.set(id, await keysOnDisk(this.#internals.journal, id, of))
    return this.#made(found)
  }

  /** @throws KeyTakenError, RowGoneError */
  #made(found: ReadonlyMap<string, Found>): Prepared {
    const ops = this.#mutations.map((mutation): Op => {
      const { type, key, collection } = mutation
      const known = this.#known(mutation)
      const isLogged =
        known === 'unknown' ? found.get(collection.id)?.keys.has(key) === true : known === 'logged'
      if (type === 'insert' && isLogged) throw new KeyTakenError(collection.id, key)
      if (type === 'update' && !isLogged && !isSeed(collection, key))
        throw new RowGoneError(collection.id, key)
      return opOf(mutation, isLogged, this.#internals.codec.codecs)
    })
    const requires = this.#schemas.map(requirementOf)
    const runs = this.#runs()
    for (const id of this.collections) {
      // What is known of one key must not be older than what is required of all.
      let seq = found.get(id)?.at.seq
      if (!this.#looksAt.has(id))
        for (const { collection, position } of runs)
          if (collection === id && position !== undefined) seq = Math.min(position.seq, seq ?? position.seq)
      if (seq !== undefined) requires.push(['keys', id, seq])
    }
    return { parts: this.#internals.codec.encodeOps(ops), requires }
  }
}

type Found = Awaited<ReturnType<typeof keysOnDisk>>

const NOTHING_FOUND: ReadonlyMap<string, Found> = new Map()
