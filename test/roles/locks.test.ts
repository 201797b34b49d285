import { describe, expect, it } from 'vitest'
import { ContextLocks } from '../../src/runtime/sync-owner/locks/context-locks.js'
import { noLocks, openingLocks } from '../../src/runtime/sync-owner/locks/locks.js'
import { turn } from '../support/clock.js'

const never = new AbortController().signal

describe('the locks of one context', () => {
  it('are given to one at a time, in the order of the requests', async () => {
    const locks = new ContextLocks()
    const order: number[] = []
    const first = await locks.request('a', { signal: never })
    const others = [1, 2, 3].map(async (number) => {
      const lock = await locks.request('a', { signal: never })
      order.push(number)
      await turn()
      expect(order.at(-1)).toBe(number)
      lock.release()
    })
    await turn()
    expect(order).toEqual([])
    first.release()
    await Promise.all(others)
    expect(order).toEqual([1, 2, 3])
    expect(locks.size).toBe(0)
  })

  it('of other names are others', async () => {
    const locks = new ContextLocks()
    const [a, b] = await Promise.all([
      locks.request('a', { signal: never }),
      locks.request('b', { signal: never }),
    ])
    expect(locks.size).toBe(2)
    a.release()
    b.release()
    expect(locks.size).toBe(0)
  })

  it('are released once: a second release does not take them from the next holder', async () => {
    const locks = new ContextLocks()
    const first = await locks.request('a', { signal: never })
    const second = locks.request('a', { signal: never })
    const third = locks.request('a', { signal: never })
    first.release()
    first.release()
    const lock = await second
    expect(await Promise.race([third, turn().then(() => 'waits')])).toBe('waits')
    lock.release()
    await third
  })

  it('are not waited for any more when the signal aborts', async () => {
    const locks = new ContextLocks()
    const first = await locks.request('a', { signal: never })
    const ending = new AbortController()
    const second = locks.request('a', { signal: ending.signal })
    const third = locks.request('a', { signal: never })
    ending.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    await expect(locks.request('b', { signal: ending.signal })).rejects.toThrow('enough')
    expect(locks.size).toBe(1)
    first.release()
    await third
    // Whoever has the lock keeps it.
    const holder = new AbortController()
    const held = await locks.request('c', { signal: holder.signal })
    holder.abort()
    const next = locks.request('c', { signal: never })
    expect(await Promise.race([next, turn().then(() => 'waits')])).toBe('waits')
    held.release()
    await next
  })
})

describe('no locks', () => {
  it('are granted to nobody; the wait ends with the signal', async () => {
    const ending = new AbortController()
    const request = noLocks.request('a', { signal: ending.signal })
    expect(await Promise.race([request, turn().then(() => 'waits')])).toBe('waits')
    ending.abort(new Error('enough'))
    await expect(request).rejects.toThrow('enough')
    await expect(noLocks.request('a', { signal: ending.signal })).rejects.toThrow('enough')
  })
})

describe('the locks of a database that is being opened', () => {
  it('are those of the database', async () => {
    const locks = new ContextLocks()
    const opening = openingLocks(() => turn().then(() => locks))
    const lock = await opening.request('a', { signal: never })
    expect(locks.size).toBe(1)
    lock.release()
  })

  it('are granted to nobody when it cannot be opened', async () => {
    const ending = new AbortController()
    const request = openingLocks(() => Promise.reject(new Error('no'))).request('a', {
      signal: ending.signal,
    })
    expect(await Promise.race([request, turn().then(() => 'waits')])).toBe('waits')
    ending.abort(new Error('enough'))
    await expect(request).rejects.toThrow('enough')
  })
})
