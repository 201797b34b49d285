import { expect, test } from 'vitest'
import { after, FIRST, toTrim } from '../../src/runtime/journal/batch-size.js'

test('a batch begins small, grows while it takes little and shrinks when it takes long, within bounds', () => {
  let size = FIRST
  expect([size, toTrim(size)]).toEqual([100, 200])
  const following = (...took: number[]): number => {
    for (const ms of took) size = after(size, ms)
    return size
  }
  expect(following(1)).toBe(200)
  expect(following(5, 12)).toBe(200)
  expect(following(1, 1, 1)).toBe(500)
  expect(toTrim(size)).toBe(1000)
  expect(following(13)).toBe(250)
  expect(following(...Array.from({ length: 20 }, () => 1000))).toBe(50)
  expect(following(-3_600_000, 0)).toBe(200)
})
