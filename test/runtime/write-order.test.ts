import { expect, test } from 'vitest'
import { WriteOrder } from '../../src/runtime/daybook/write-order.js'

const row = { collection: 'todos', key: 1 }

test('a place that is left is the own one, and not that of the write behind it', async () => {
  const order = new WriteOrder()
  const [first, second] = [order.take([row]), order.take([row])]
  first.keep()
  order.leave(first)
  const third = order.take([row])
  const turn = third.turn()
  expect(turn).toBeInstanceOf(Promise)
  second.keep()
  expect(await turn).toBeUndefined()
})

test('rows of the same key in two collections wait for nobody, one that is named twice not for itself', () => {
  const order = new WriteOrder()
  order.take([row])
  expect(order.take([{ collection: 'notes', key: 1 }]).turn()).toBeUndefined()
  expect(order.take([{ ...row, key: 2 }, row, { ...row, key: 2 }]).turn()).toBeInstanceOf(Promise)
  expect(new WriteOrder().take([row, row]).turn()).toBeUndefined()
})
