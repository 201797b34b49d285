/** `persistedCollectionOptions`: options for createCollection whose rows are kept by a daybook. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  type BaseCollectionConfig,
  type CollectionConfig,
  type InferSchemaOutput,
  PERSISTED_READINESS,
  type UtilsRecord,
  withCollectionConfigFactory,
} from '@tanstack/db'
import { InvalidOptionError, MissingCollectionIdError } from '../../errors.js'
import type { Key } from '../../values/key.js'
import { internalsOf, isDaybook } from '../daybook/internals.js'
import type { MutationsHolder, Persistence } from '../daybook/persistence.js'
import { LocalOnlyCollection } from './local/local-only.js'
import { initialDataOf, isMemoryOptions } from './local/memory-options.js'
import { checkLocalOnlyNames, checkSourceNames } from './option-names.js'
import { Readiness } from './readiness.js'
import { checkSchemaVersion, type SchemaVersionOptions } from './schema/schema-options.js'
import { handlerWhereSourceRuns, syncedSync } from './synced/synced.js'
import {
  type CheckedSource,
  checkReadiness,
  checkSource,
  isReadyLocally,
  readinessOf,
  type SourceOptions,
  type SyncedExtras,
} from './synced/synced-options.js'

/** Options of a collection without a `sync`: the daybook is where its rows live. */
export interface LocalOnlyOptions<
  T extends object,
  TKey extends Key,
  TSchema extends StandardSchemaV1 = never,
  TUtils extends UtilsRecord = UtilsRecord,
> extends BaseCollectionConfig<T, TKey, TSchema, TUtils>,
    SchemaVersionOptions<T> {
  /** The name under which the rows are kept. Any text; it must stay the same from start to start. */
  id: string
  /** The daybook that keeps the rows. */
  persistence: Persistence
  /**
   * Rows that the collection begins with. They are written once, by the first context, if the log has never mentioned the
   * collection; later starts leave them alone.
   */
  initialData?: readonly NoInfer<T>[]
}

/** What a persisted collection has in `utils`. */
export type PersistedCollectionUtils = {
  /**
   * Keeps the mutations that a manual transaction made to this collection, as one entry. Call it in the transaction's
   * `mutationFn`, and await it there. `daybook.commit(transaction)` does the same for several collections at once.
   */
  acceptMutations: (transaction: { mutations: readonly unknown[] }) => Promise<void>
}

type Result<
  T extends object,
  TKey extends Key,
  TSchema extends StandardSchemaV1,
  TUtils extends UtilsRecord,
> = Omit<CollectionConfig<T, TKey, TSchema, TUtils & PersistedCollectionUtils>, 'utils'> & {
  id: string
  utils: TUtils & PersistedCollectionUtils
  persistence: Persistence
}

/** The options of a source, as they were, kept by a daybook. */
type Synced<O> = Omit<O, 'persistence' | 'readiness' | 'initialRender' | 'identity' | 'snapshot'> & {
  id: string
}

/**
 * Options for `createCollection` whose rows are kept by a daybook.
 *
 * Without a `sync`, the daybook is where the rows live: inserts, updates and deletes resolve when they are in the log
 * and applied. A user's `onInsert`, `onUpdate` and `onDelete` run first; when one fails, nothing is kept and the
 * optimistic change rolls back.
 *
 * With a `sync` (around `queryCollectionOptions`, `electricCollectionOptions` or a source of one's own), what the source
 * commits is kept: each of its transactions is one entry of the log, with its metadata and its resume token. The rows on
 * disk are shown at once, also offline, and the source goes on from where it was.
 *
 * Rows outlive the app that wrote them: `schemaVersion` and `migrate` (see SchemaVersionOptions) bring those of an older
 * version to the present one before the collection is ready. The collection goes into `error` with a
 * MigrationMissingError, MigrationError or SchemaVersionError where that cannot be, and nothing is lost.
 *
 * @throws MissingCollectionIdError, InvalidOptionError
 * @example
 * const todos = createCollection(persistedCollectionOptions({
 *   id: 'todos',
 *   getKey: (todo: { id: number; title: string }) => todo.id,
 *   persistence: daybook,
 * }))
 * await todos.insert({ id: 1, title: 'Buy milk' }).isPersisted.promise
 */
export function persistedCollectionOptions<T extends object, TKey extends Key, O extends object>(
  options: O & SourceOptions<T, TKey> & SyncedExtras & SchemaVersionOptions<T>,
): Synced<O>
export function persistedCollectionOptions<
  TSchema extends StandardSchemaV1,
  TKey extends Key,
  TUtils extends UtilsRecord = Record<never, never>,
>(
  options: LocalOnlyOptions<InferSchemaOutput<TSchema>, TKey, TSchema, TUtils> & { schema: TSchema },
): Result<InferSchemaOutput<TSchema>, TKey, TSchema, TUtils> & { schema: TSchema }
export function persistedCollectionOptions<
  T extends object,
  TKey extends Key,
  TUtils extends UtilsRecord = Record<never, never>,
>(
  options: LocalOnlyOptions<T, TKey, never, TUtils> & { schema?: never },
): Result<T, TKey, never, TUtils> & { schema?: never }
export function persistedCollectionOptions(options: AnyOptions): never {
  checkOptions(options)
  if (isSource(options)) return syncedConfig(options) as never
  // Each DbClient that materialises these options gets a collection with a state of its own.
  return withCollectionConfigFactory(
    localOnlyConfig(options) as never,
    () => persistedCollectionOptions(options as never) as never,
  ) as never
}

const isSource = (options: AnyOptions): options is CheckedSource =>
  'sync' in options && !isMemoryOptions(options)

type AnyLocalOnly = LocalOnlyOptions<object, Key, StandardSchemaV1, UtilsRecord>
type AnyOptions = AnyLocalOnly | CheckedSource

function localOnlyConfig(options: AnyLocalOnly): object {
  const { onInsert, onUpdate, onDelete, initialData, ...rest } = options
  // There is no source to prefer.
  const internals = internalsOf(options.persistence)
  const readiness = new Readiness(0, () => internals.clock.now())
  const local = new LocalOnlyCollection<object, Key>({
    id: options.id,
    internals,
    readiness,
    onDemand: options.syncMode === 'on-demand',
    initialData: () => initialData ?? (isMemoryOptions(options) ? initialDataOf(options) : []),
  })
  return {
    ...rest,
    sync: local.sync,
    // Called through the options, so that a method keeps its `this`.
    onInsert: local.handler(onInsert && ((params: never) => options.onInsert?.(params))),
    onUpdate: local.handler(onUpdate && ((params: never) => options.onUpdate?.(params))),
    onDelete: local.handler(onDelete && ((params: never) => options.onDelete?.(params))),
    utils: {
      ...options.utils,
      acceptMutations: (transaction: unknown) => local.accept(transaction as MutationsHolder),
    },
    [PERSISTED_READINESS]: readiness,
  }
}

// Without a factory for DbClient: the source's own one does not survive the spread, and what it holds belongs to one
// client. `collectionOptions(id, (client) => persistedCollectionOptions({ … }))` makes one of each for every client.
function syncedConfig(options: CheckedSource): object {
  const { readiness: _, initialRender: __, identity, snapshot, ...rest } = options
  const { id, sync: source, utils } = options as CheckedSource & { readonly utils?: unknown }
  const internals = internalsOf(options.persistence)
  const readiness = readinessOf(options, () => internals.clock.now())
  const sync = syncedSync({
    id,
    internals,
    readiness,
    source,
    unbound: source,
    utils,
    identity,
    snapshot,
    onDemand: options.syncMode === 'on-demand',
    readyLocally: isReadyLocally(options),
  })
  const handlers = Object.fromEntries(
    HANDLERS.flatMap((name) =>
      typeof options[name] === 'function'
        ? // Called through the options, so that a method keeps its `this`.
          [[name, handlerWhereSourceRuns((params) => options[name]?.(params as never))]]
        : [],
    ),
  )
  return { ...rest, ...handlers, sync, [PERSISTED_READINESS]: readiness }
}

const HANDLERS = ['onInsert', 'onUpdate', 'onDelete'] as const

function checkOptions(options: AnyOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(
      'options',
      'persistedCollectionOptions() needs options: id, getKey and persistence.',
    )
  }
  const { id, getKey, persistence } = options
  if (id === undefined || id === null) throw new MissingCollectionIdError()
  if (typeof id !== 'string' || id === '') {
    throw new InvalidOptionError('id', 'The `id` of a persisted collection must be a text that is not empty.')
  }
  if (typeof getKey !== 'function') {
    throw new InvalidOptionError('getKey', `Collection ${JSON.stringify(id)}: \`getKey\` must be a function.`)
  }
  if (!isDaybook(persistence)) {
    throw new InvalidOptionError(
      'persistence',
      `Collection ${JSON.stringify(id)}: \`persistence\` must be a daybook: persistence: openDaybook({ … }).`,
    )
  }
  checkSchemaVersion(id, options as SchemaVersionOptions<unknown>)
  if (!isSource(options)) {
    checkLocalOnlyNames(id, options, isMemoryOptions(options))
    return
  }
  checkSourceNames(id, options)
  if (typeof options.sync?.sync !== 'function') {
    throw new InvalidOptionError(
      'sync',
      `Collection ${JSON.stringify(id)}: \`sync\` must have a function \`sync\`, as the options of a source have. ` +
        'Leave it out for a collection whose rows live in the daybook.',
    )
  }
  checkReadiness(id, options)
  checkSource(id, options)
}
