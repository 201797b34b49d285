/** That simulate() finds what is wrong, says how to see it again, and repeats itself. */

import { afterEach, expect, test, vi } from 'vitest'
import { RemoteJournal } from '../../src/runtime/journal/remote.js'
import { replay, SimulationError, simulate } from '../../src/testing.js'

afterEach(() => vi.restoreAllMocks())

/** Now and then a write is acknowledged that nobody was asked for. */
function forgetful(): void {
  const { append } = RemoteJournal.prototype
  let calls = 0
  vi.spyOn(RemoteJournal.prototype, 'append').mockImplementation(function (this: RemoteJournal, transaction) {
    return ++calls % 5 === 0 ? this.head() : append.call(this, transaction)
  })
}

const options = { seed: 11, histories: 60, faults: ['crashes'] as const }

const failure = async (more: object = {}): Promise<SimulationError> => {
  const found = await simulate({ ...options, ...more }).catch((error: unknown) => error)
  expect(found).toBeInstanceOf(SimulationError)
  return found as SimulationError
}

test('a broken promise is found, with a short history that shows it, and a path to it', async () => {
  forgetful()
  const error = await failure()
  expect(error.message).toMatch(/L8: call \d+ on row-\d+ was acknowledged, and is not in the log/)
  expect(error.message).toContain(`seed 11, kind uniform, path ${error.path}`)
  const writes = error.scenario.happenings.filter(({ do: what }) => what === 'write' || what === 'set')
  expect(writes.length).toBeGreaterThan(0)
  expect(error.scenario.happenings.length).toBeLessThan(12)
  expect(error.message).toContain('write: who')
})

test('what is not shrunk is the history that failed', async () => {
  forgetful()
  const long = await failure({ shrink: false })
  expect(long.path).toMatch(/^\d+$/)
  vi.restoreAllMocks()
  await replay(long.scenario)
  expect((await simulate({ ...options, path: long.path })).histories).toBe(1)
})

test('the same seed makes the same histories', async () => {
  const { branches: _, ...first } = await simulate({ seed: 5, histories: 15, kind: 'adversarial' })
  const { branches: __, ...second } = await simulate({ seed: 5, histories: 15, kind: 'adversarial' })
  expect({ ...second, acknowledged: 0 }).toEqual({ ...first, acknowledged: 0 })
  const other = await simulate({ seed: 6, histories: 15, kind: 'adversarial' })
  expect(other.steps).not.toBe(first.steps)
})

test('a kind that there is not is refused', async () => {
  await expect(simulate({ seed: 1, kind: 'gentle' as 'uniform' })).rejects.toThrow(
    /uniform, hot keys, adversarial/,
  )
})
