/** Collections of @tanstack/electric-db-collection, against a server of its protocol, do what they do in memory. */

import { beforeAll, test } from 'vitest'
import { electricSource, Tables } from './adapters/electric-source.js'
import { explored } from './explored.js'

const PROGRAMS = 60

let tables: Tables
beforeAll(async () => {
  tables = await Tables.start()
})

test('programs', async () => {
  await explored('synced', 7, PROGRAMS, {
    source: electricSource(tables),
    allColumns: true,
    modes: ['eager'],
    reached: [
      'rows came with server rendering',
      'a collection was ready without its source',
      'a mutation was confirmed by its source',
      'another context took over the source',
      'another identity began',
      'a handle was killed',
    ],
  })
})
