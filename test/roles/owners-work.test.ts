/** Work that waits for the role of sync owner, and whoever asks for the role meanwhile. */

import { expect, test } from 'vitest'
import { deferred } from '../../src/runtime/deferred.js'
import { OwnersWork } from '../../src/runtime/sync-owner/owners-work.js'
import { VirtualClock } from '../../src/testing/simulation/virtual-clock.js'

function contest() {
  const released: string[] = []
  const state = { isReady: false, entered: deferred<void>() }
  const work = new OwnersWork({
    clock: new VirtualClock(),
    isReady: () => state.isReady,
    become: () => state.entered.promise,
    release: () => {
      released.push('released')
      state.isReady = false
    },
  })
  return { work, released, state }
}

test('the role is not given away between its claim and the work that it was taken for', async () => {
  const { work, released, state } = contest()
  const answers: string[] = []
  const done = work.run(() => 'done')
  await Promise.resolve()
  work.asked(() => answers.push('heard'))
  expect([released, answers]).toEqual([[], ['heard']])
  state.isReady = true
  state.entered.resolve()
  expect(await done).toBe('done')
  expect(released).toEqual(['released'])
})

test('work whose role was lost before its source ran takes it again', async () => {
  const { work, state } = contest()
  const done = work.run(() => 'done')
  const { entered } = state
  state.entered = deferred()
  entered.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  state.isReady = true
  state.entered.resolve()
  expect(await done).toBe('done')
})

test('work that comes after the question waits for its turn', async () => {
  const { work, released, state } = contest()
  state.isReady = true
  const first = deferred<void>()
  const order: string[] = []
  const earlier = work.run(() => first.promise.then(() => order.push('earlier')))
  work.asked(() => undefined)
  const later = work.run(() => order.push('later'))
  first.resolve()
  await earlier
  expect([order, released]).toEqual([['earlier'], ['released']])
  state.isReady = true
  state.entered.resolve()
  await later
  expect(order).toEqual(['earlier', 'later'])
})
