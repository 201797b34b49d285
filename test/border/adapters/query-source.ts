/** A collection of @tanstack/query-db-collection as a source of the machine. */

import { QueryClient, type QueryFunctionContext } from '@tanstack/query-core'
import { type QueryCollectionUtils, queryCollectionOptions } from '@tanstack/query-db-collection'
import type { BorderRow, SourceFacts, SourceUnderTest } from '../../../src/testing.js'
import type { Fetched, Loopback } from './loopback.js'

/** How often it hears whether there is something new, in ms. */
const PING = 20
/** A key that no program uses. */
const GHOST = 'ghost'

let made = 0

/** `resumes` of the shape decides how long queries that nobody uses are kept, in memory and on disk. */
export const querySource =
  (loopback: Loopback) =>
  ({ server, onDemand, shape }: SourceFacts): SourceUnderTest => {
    const gcTime = { token: 300_000, snapshot: 0, truncate: 50 }[shape.resumes]
    const client = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime } } })
    const queryKey = ['rows', ++made]
    const options = queryCollectionOptions({
      id: 'rows',
      queryKey,
      queryClient: client,
      getKey: (row: BorderRow) => row.id,
      syncMode: onDemand ? 'on-demand' : 'eager',
      ...(shape.metadata && { persistedGcTime: shape.commits === 1 ? 0 : 300_000 }),
      select: ({ rows }: Fetched) => rows,
      queryFn: ({ meta }: QueryFunctionContext) =>
        loopback.fetch(server, meta?.loadSubsetOptions as never) as never,
    } as never) as unknown as {
      readonly sync: SourceUnderTest['sync']
      readonly utils: QueryCollectionUtils<BorderRow>
    }
    const { utils } = options
    const queries = () => client.getQueryCache().findAll({ type: 'active' })
    /** What every query in use has shown. */
    const seen = (): number => {
      if (client.isFetching() > 0) return -1
      return Math.min(...queries().map(({ state }) => (state.data as Fetched | undefined)?.version ?? -1))
    }
    return {
      options: { utils, snapshot: undefined },
      waitsForHandlers: true,
      isCache: true,
      sync: {
        ...options.sync,
        sync: (params) => {
          const { collection } = params
          const run = options.sync.sync(params) as { cleanup?: () => void }
          // An eager query is up to date only while somebody looks at its collection.
          const looks = collection.subscribeChanges?.(() => undefined)
          const timer = setInterval(() => {
            if (!server.isAway && client.isFetching() === 0 && seen() < server.version)
              void client.invalidateQueries()
          }, PING)
          return {
            ...run,
            cleanup: () => {
              clearInterval(timer)
              looks?.unsubscribe()
              return run.cleanup?.()
            },
          }
        },
      },
      get seen() {
        return seen()
      },
      tell: (what) => {
        if (what === 'snapshot') void client.invalidateQueries()
        else if (what === 'truncate first') utils.refetch().catch(() => undefined)
        else if (what === 'metadata' && !onDemand && !server.isAway) {
          // What its server does not have goes with the next answer.
          void Promise.resolve(utils.writeInsert({ id: GHOST, n: 1, v: -1 })).catch(() => undefined)
          utils.refetch().catch(() => undefined)
        }
      },
      settled: async () => {
        while (client.isFetching() > 0) await new Promise(setImmediate)
      },
    }
  }
