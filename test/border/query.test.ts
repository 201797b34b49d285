/** Collections of @tanstack/query-db-collection, against a server on loopback, do what they do in memory. */

import { beforeAll, test } from 'vitest'
import { Loopback } from './adapters/loopback.js'
import { querySource } from './adapters/query-source.js'
import { explored } from './explored.js'

const PROGRAMS = 150

let loopback: Loopback
beforeAll(async () => {
  loopback = await Loopback.start()
})

test.each(['eager', 'on-demand'] as const)('%s: programs', async (mode) => {
  await explored('synced', 7, PROGRAMS, {
    source: querySource(loopback),
    allColumns: true,
    modes: [mode],
    reached: [
      'a source failed, and its rows on disk were shown',
      'a mutation was confirmed by its source',
      'another context took over the source',
      'another identity began',
      'a handle was killed',
      ...(mode === 'eager'
        ? (['rows came with server rendering', 'a collection was ready without its source'] as const)
        : []),
    ],
  })
})
