/** A leader that cannot open its database, and what it is asked meanwhile. */

import { expect, test } from 'vitest'
import { leadFrom } from '../../src/runtime/browser/leader.js'
import type { Start } from '../../src/runtime/browser/messages.js'
import type { Hub } from '../../src/runtime/journal/channel.js'
import { type Answer, PROTOCOL } from '../../src/runtime/journal/protocol.js'
import { VirtualClock } from '../../src/testing/simulation/virtual-clock.js'
import { VirtualLocks } from '../../src/testing/simulation/virtual-locks.js'

type Listener = Parameters<Hub['listen']>[0]

const start: Start = {
  name: 'broken',
  id: 'worker',
  durability: 'process',
  retain: 'all',
  storage: 'opfs',
  onCorruption: undefined,
  trace: false,
}

test('destroys once however often it is asked, and nobody opens the database meanwhile', async () => {
  const clock = new VirtualClock()
  const done: string[] = []
  const answers: Answer[] = []
  let ask: Listener = () => undefined
  let began: (event: { data: unknown }) => void = () => undefined
  let end: () => void = () => undefined
  leadFrom(
    {
      postMessage: () => undefined,
      addEventListener: (_, listener) => {
        began = listener
      },
      close: () => undefined,
    },
    {
      clock,
      locks: new VirtualLocks().of('worker'),
      hub: () => ({
        listen: (listener) => {
          ask = listener
        },
        announce: () => undefined,
        close: () => undefined,
      }),
      open: async () => {
        done.push('open')
        throw new Error('not a database')
      },
      destroy: async () => {
        done.push('destroy')
        await new Promise<void>((resolve) => {
          end = resolve
        })
        done.push('destroyed')
      },
    },
  )
  began({ data: { start } })
  await clock.advance(10)
  const request = { daybook: PROTOCOL, from: 'page', id: 1, method: 'destroy', args: [], piece: 0 }
  for (const _ of [1, 2]) ask(request, (answer) => answers.push(answer))
  // Much longer than everybody is told that it cannot be opened.
  await clock.advance(10_000)
  expect(done).toEqual(['open', 'destroy'])
  end()
  await clock.advance(10)
  expect(done).toEqual(['open', 'destroy', 'destroyed', 'open'])
  expect(answers.map(({ result }) => result)).toEqual([{ value: undefined }, { value: undefined }])
})
