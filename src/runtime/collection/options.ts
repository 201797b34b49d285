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
import { InvalidOptionError, MissingCollectionIdError, UnsupportedError } from '../../errors.js'
import type { Key } from '../../values/key.js'
import type { MutationsHolder, Persistence } from '../persistence.js'
import { LocalOnlyCollection } from './local-only.js'
import { Readiness } from './readiness.js'

/** Options of a collection without a `sync`: the daybook is where its rows live. */
export interface LocalOnlyOptions<
  T extends object,
  TKey extends Key,
  TSchema extends StandardSchemaV1 = never,
  TUtils extends UtilsRecord = UtilsRecord,
> extends BaseCollectionConfig<T, TKey, TSchema, TUtils> {
  /** The name under which the rows are kept. Any text; it must stay the same from start to start. */
  id: string
  /** The daybook that keeps the rows. */
  persistence: Persistence
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

/**
 * Options for `createCollection` whose rows are kept by a daybook.
 *
 * Inserts, updates and deletes resolve when they are in the log and applied. A user's `onInsert`, `onUpdate` and
 * `onDelete` run first; when one fails, nothing is kept and the optimistic change rolls back.
 *
 * @throws MissingCollectionIdError, InvalidOptionError, UnsupportedError (a `sync` in the options)
 * @example
 * const todos = createCollection(persistedCollectionOptions({
 *   id: 'todos',
 *   getKey: (todo: { id: number; title: string }) => todo.id,
 *   persistence: daybook,
 * }))
 * await todos.insert({ id: 1, title: 'Buy milk' }).isPersisted.promise
 */
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
export function persistedCollectionOptions(
  options: LocalOnlyOptions<object, Key, StandardSchemaV1, UtilsRecord>,
): Result<object, Key, StandardSchemaV1, UtilsRecord> {
  checkOptions(options)
  const { onInsert, onUpdate, onDelete, ...rest } = options
  const readiness = new Readiness()
  const local = new LocalOnlyCollection<object, Key>(options.id, options.persistence, readiness)

  const config: Result<object, Key, StandardSchemaV1, UtilsRecord> = {
    ...rest,
    sync: local.sync,
    // Called through the options, so that a method keeps its `this`.
    onInsert: local.handler(onInsert && ((params) => options.onInsert?.(params))),
    onUpdate: local.handler(onUpdate && ((params) => options.onUpdate?.(params))),
    onDelete: local.handler(onDelete && ((params) => options.onDelete?.(params))),
    utils: {
      ...options.utils,
      acceptMutations: (transaction) => local.accept(transaction as MutationsHolder),
    },
  }
  Object.defineProperty(config, PERSISTED_READINESS, { value: readiness, enumerable: true })
  // Each DbClient that materialises these options gets a collection with a state of its own.
  return withCollectionConfigFactory(
    config as never,
    () => persistedCollectionOptions(options as never) as never,
  ) as never
}

function checkOptions(options: LocalOnlyOptions<object, Key, StandardSchemaV1, UtilsRecord>): void {
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
  if (typeof persistence?.enter !== 'function') {
    throw new InvalidOptionError(
      'persistence',
      `Collection ${JSON.stringify(id)}: \`persistence\` must be a daybook: persistence: openDaybook({ … }).`,
    )
  }
  if ('sync' in options && options.sync !== undefined) {
    throw new UnsupportedError(
      `Collection ${JSON.stringify(id)} has a \`sync\`. This version of daybook keeps local-only collections; leave ` +
        '`sync` out, or keep using your present persistence for this collection.',
    )
  }
}
