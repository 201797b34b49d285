/** Which adapter a source needs: told by what its options offer, for adapters have no name. */

/** The part of a collection's options that a source can be told by. */
export interface SourceOptions {
  readonly source: object
  readonly utils?: unknown
}

const hasFunctions = (object: unknown, names: readonly string[]): boolean =>
  typeof object === 'object' &&
  object !== null &&
  names.every((name) => typeof (object as Record<string, unknown>)[name] === 'function')

/** What `@tanstack/query-db-collection` offers that needs its queries to run. */
export const QUERY_UTILITIES = [
  'refetch',
  'clearError',
  'writeInsert',
  'writeUpdate',
  'writeDelete',
  'writeUpsert',
  'writeBatch',
] as const

/** Options of `queryCollectionOptions` (@tanstack/query-db-collection). */
export const isQuerySource = ({ utils }: SourceOptions): boolean => hasFunctions(utils, QUERY_UTILITIES)

/** Options of `electricCollectionOptions` (@tanstack/electric-db-collection). */
export const isElectricSource = ({ source, utils }: SourceOptions): boolean =>
  hasFunctions(utils, ['awaitTxId', 'awaitMatch']) &&
  hasFunctions(source, ['exportSyncMeta', 'getSyncMetadata'])
