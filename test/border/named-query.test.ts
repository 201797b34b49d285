/** Counter-examples over collections of @tanstack/query-db-collection, as in named.test.ts. */

import { beforeAll, expect, test } from 'vitest'
import { type BorderProgram, replayBorder } from '../../src/testing.js'
import { Loopback } from './adapters/loopback.js'
import { querySource } from './adapters/query-source.js'

let loopback: Loopback
beforeAll(async () => {
  loopback = await Loopback.start()
})

const local = { mode: 'eager', handlers: false, garbage: false, indexed: false, initial: 0 } as const
const source = {
  updates: 'full',
  resumes: 'token',
  commits: 1,
  pushes: 'everything',
  metadata: true,
} as const

const replayed = (steps: BorderProgram['steps'], mode: 'eager' | 'on-demand' = 'eager') =>
  replayBorder(
    { contexts: ['handle'], a: { ...local, mode, source }, b: local, fates: [[0]], steps },
    { source: querySource(loopback), allColumns: true },
  )

test('rows of server rendering that an answer has are kept, those that it lacks go', async () => {
  const branches = await replayed([
    { do: 'hydrate', who: 0, on: 'a', keys: [] },
    { do: 'server', on: 'a', changes: [{ kind: 'delete', key: 1 }] },
  ])
  expect(branches['rows came with server rendering']).toBe(1)
})

test('rows of server rendering that come after the first answer go when the next one lacks them', async () => {
  const branches = await replayed([
    { do: 'quiet' },
    { do: 'server', on: 'a', changes: [{ kind: 'insert', key: 3, fields: {} }] },
    { do: 'hydrate', who: 0, on: 'a', keys: [] },
    { do: 'server', on: 'a', changes: [{ kind: 'delete', key: 3 }] },
  ])
  expect(branches['rows came with server rendering']).toBe(1)
})

test('rows on disk that came with server rendering again are no rows that went', async () => {
  const branches = await replayed([
    { do: 'quiet' },
    { do: 'another object', who: 0, on: 'a' },
    { do: 'hydrate', who: 0, on: 'a', keys: [] },
  ])
  expect(branches['rows came with server rendering']).toBe(1)
})

test('on demand, what was deleted while its server was away goes when it answers again', async () => {
  const all = { do: 'query', who: 0, shape: { of: 0, p: 0, on: 'a' } } as const
  await replayed(
    [
      all,
      { do: 'quiet' },
      { do: 'restart', who: 0, how: 'close', source: false },
      { do: 'server', on: 'a', changes: [{ kind: 'delete', key: 2 }] },
      all,
      { do: 'quiet' },
    ],
    'on-demand',
  )
})
