import { IR, type LoadSubsetOptions } from '@tanstack/db'
import { expect, test } from 'vitest'
import { asSeen, type Seen } from '../../src/materializer/subset/exact.js'
import { SubsetRequest } from '../../src/runtime/collections/on-demand/subset-request.js'

const row = (key: number, n: number): Seen => asSeen({ id: key, n }, key, 'rows')

/** The two rows with the least `n`. */
const page = {
  orderBy: [{ expression: new IR.PropRef(['n']), compareOptions: { direction: 'asc', nulls: 'last' } }],
  limit: 2,
} as unknown as LoadSubsetOptions

test('of a page that is full, rows behind its last one are no part', () => {
  const request = new SubsetRequest(page)
  expect(request.has(row(1, 9))).toBe(true)
  request.answered([row(2, 5), row(3, 1)])
  expect([1, 5, 6].map((n) => request.has(row(4, n)))).toEqual([true, true, false])
})

test('of a page that is not full, all are', () => {
  const request = new SubsetRequest(page)
  request.answered([row(3, 1)])
  expect(request.has(row(4, 9))).toBe(true)
})
