import { expect, test } from 'vitest'
import { BatchSize } from '../../src/runtime/journal/batch-size.js'

test('a batch begins small, grows while it takes little and shrinks when it takes long, within bounds', () => {
  const batch = new BatchSize()
  expect([batch.posted, batch.trimmed]).toEqual([100, 200])
  const after = (...took: number[]): number => {
    for (const ms of took) batch.took(ms)
    return batch.posted
  }
  expect(after(1)).toBe(200)
  expect(after(5, 12)).toBe(200)
  expect(after(1, 1, 1)).toBe(500)
  expect(batch.trimmed).toBe(1000)
  expect(after(13)).toBe(250)
  expect(after(...Array.from({ length: 20 }, () => 1000))).toBe(50)
  expect(after(-3_600_000, 0)).toBe(200)
})
