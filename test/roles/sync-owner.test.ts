import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BusyError, ClosedError, DeposedError, StorageFullError } from '../../src/errors.js'
import type { Lock } from '../../src/runtime/sync-owner/locks/locks.js'
import { turn } from '../support/clock.js'
import { COLLECTION, type Context, contend, LockSystem } from '../support/contexts.js'
import { newFile } from '../support/files.js'

let file: string
let system: LockSystem
let contexts: Context[]

beforeEach(() => {
  file = newFile()
  system = new LockSystem()
  contexts = []
})

afterEach(async () => {
  for (const context of contexts) await context.close()
})

async function start(name: string): Promise<Context> {
  const context = await contend(file, system, name)
  contexts.push(context)
  await turn()
  return context
}

/** Time passes for everybody. */
async function advance(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    for (const { clock } of contexts) await clock.advance(Math.min(50, ms - passed))
  }
}

const owners = (): string[] => contexts.filter(({ owner }) => owner.state === 'owner').map(({ name }) => name)

describe('the first one', () => {
  it('becomes owner, with a claim in the log', async () => {
    const a = await start('a')
    expect(a.owner.state).toBe('owner')
    const claim = a.owner.claim!
    expect(a.told).toEqual([{ owner: claim }])
    expect(await a.session.journal.head()).toEqual(claim)
    expect(a.owner.collection).toBe(COLLECTION)
    expect(await a.append(claim)).toEqual({ term: claim.term, seq: claim.seq + 1 })
  })

  it('keeps the role as long as nobody else claims; its own entries and those of other collections do not matter', async () => {
    const a = await start('a')
    const b = await start('b')
    for (let row = 0; row < 10; row++) await a.append(a.owner.claim!)
    await b.session.journal.claim('another')
    await advance(120_000)
    expect(owners()).toEqual(['a'])
    expect(a.told).toHaveLength(1)
    expect(b.owner.state).toBe('waiting')
    expect(b.owner.claim).toBeUndefined()
    expect(b.told).toEqual([])
  })
})

describe('the next one takes over', () => {
  it('when the owner is stopped: at once', async () => {
    const a = await start('a')
    const b = await start('b')
    const claim = a.owner.claim!
    const stopped = a.owner.stop()
    expect(a.owner.state).toBe('stopped')
    expect(a.told.at(-1)).toEqual({ lost: 'stopped' })
    await stopped
    await turn()
    expect(owners()).toEqual(['b'])
    expect(b.owner.claim!.seq).toBeGreaterThan(claim.seq)
    await expect(a.append(claim)).rejects.toBeInstanceOf(DeposedError)
    await advance(120_000)
    expect(a.told).toEqual([{ owner: claim }, { lost: 'stopped' }])
    expect(a.clock.pending).toBe(0)
  })

  it('when the owner releases the role, which then waits for its turn', async () => {
    const a = await start('a')
    const b = await start('b')
    a.owner.release()
    expect(a.told.at(-1)).toEqual({ lost: 'released' })
    expect(a.owner.state).toBe('waiting')
    await turn()
    expect(owners()).toEqual(['b'])
    await advance(5000)
    expect(owners()).toEqual(['b'])
    b.owner.release()
    await turn()
    expect(owners()).toEqual(['a'])
  })

  it('when nobody wants a released role, whoever released it takes it again', async () => {
    const a = await start('a')
    const first = a.owner.claim!
    a.owner.release()
    a.owner.release()
    await turn()
    expect(owners()).toEqual([])
    await advance(2000)
    expect(owners()).toEqual(['a'])
    expect(a.owner.claim!.seq).toBeGreaterThan(first.seq)
    expect(a.told).toEqual([{ owner: first }, { lost: 'released' }, { owner: a.owner.claim }])
  })

  it('when the owner is killed', async () => {
    const a = await start('a')
    const b = await start('b')
    const claim = a.owner.claim!
    a.kill()
    await turn()
    expect(owners()).toContain('b')
    await expect(b.append(claim)).rejects.toBeInstanceOf(DeposedError)
    await b.append(b.owner.claim!)
    contexts = [b]
  })
})

describe('a context that wants the role', () => {
  it('gets it from the owner when that hears of it', async () => {
    const a = await start('a')
    const b = await start('b')
    let granted = false
    void b.owner.want().then(() => {
      granted = true
    })
    await advance(500)
    expect(granted).toBe(true)
    expect(owners()).toEqual(['b'])
    expect(a.told.at(-1)).toEqual({ lost: 'released' })
    await advance(10_000)
    expect(owners()).toEqual(['b'])
  })

  it('has it at once where nobody else is, and asks nobody', async () => {
    const a = await start('a')
    await a.owner.want()
    expect((await a.session.journal.head()).seq).toBe(a.owner.claim!.seq)
  })

  it('takes it from an owner that stands still; that one is deposed when it wakes', async () => {
    const a = await start('a')
    const claim = a.owner.claim!
    const b = await start('b')
    const wanted = b.owner.want()
    // The first context's time stands still: it sees no entry and sets no timer.
    for (let passed = 0; passed < 5000; passed += 50) await b.clock.advance(50)
    await wanted
    expect(b.owner.state).toBe('owner')
    await expect(a.append(claim)).rejects.toBeInstanceOf(DeposedError)
    await advance(2000)
    expect(a.owner.state).toBe('waiting')
    expect(owners()).toEqual(['b'])
  })

  it('gets it back at once when the one that asked is gone', async () => {
    const a = await start('a')
    const b = await start('b')
    void b.owner.want()
    await advance(500)
    b.kill()
    contexts = [a]
    const wanted = a.owner.want()
    await advance(1000)
    await wanted
    expect(owners()).toEqual(['a'])
  })

  it('is told when it never will', async () => {
    const a = await start('a')
    const b = await start('b')
    const wanted = b.owner.want()
    const refused = expect(wanted).rejects.toBeInstanceOf(ClosedError)
    await b.owner.stop()
    await refused
    await expect(b.owner.want()).rejects.toBeInstanceOf(ClosedError)
    expect(a.owner.state).toBe('owner')
  })
})

describe('a newer claim', () => {
  it('ends the role, and the deposed one contends again', async () => {
    const a = await start('a')
    const b = await start('b')
    // Whoever deletes the lock file lets a second one in.
    system.forget()
    await turn()
    expect(b.owner.state).toBe('owner')
    // Nobody has told the first one yet; the log knows better.
    const old = a.owner.claim!
    expect(a.owner.state).toBe('owner')
    await expect(a.append(old)).rejects.toBeInstanceOf(DeposedError)
    await advance(50)
    expect(a.told).toEqual([{ owner: old }, { lost: 'superseded' }])
    expect(owners()).toEqual(['b'])
    await advance(1000)
    expect(system.waiting).toBe(1)
    await b.owner.stop()
    await turn()
    expect(owners()).toEqual(['a'])
  })

  it('that the log told by a refusal need not be waited for', async () => {
    const a = await start('a')
    await start('b')
    system.forget()
    await turn()
    const old = a.owner.claim!
    a.owner.deposed({ term: 0, seq: old.seq - 1 })
    expect(a.owner.state).toBe('owner')
    a.owner.deposed(old)
    expect(a.told.at(-1)).toEqual({ lost: 'superseded' })
    expect(owners()).toEqual(['b'])
  })

  it('of a context whose lock does not exclude this one: they take turns ever more slowly, instead of at every look', async () => {
    const elsewhere = new LockSystem()
    const a = await start('a')
    const b = await contend(file, elsewhere, 'b')
    contexts.push(b)
    await advance(600_000)
    const changes = a.told.length + b.told.length
    expect(changes).toBeGreaterThan(4)
    expect(changes).toBeLessThan(120)
  })

  it('that may have been missed, because the log was trimmed, counts: the role is claimed anew', async () => {
    const a = await start('a')
    const b = await start('b')
    const old = a.owner.claim!
    for (let row = 0; row < 5; row++) await a.append(old)
    // The clock of the first one stands still meanwhile.
    await b.clock.advance(1000)
    await b.session.journal.append({ ...(await otherOrigin()), requires: [['claim', COLLECTION, old.seq]] })
    await b.session.journal.compact()
    await a.clock.advance(50)
    expect(a.told).toEqual([{ owner: old }, { lost: 'superseded' }])
    await advance(1000)
    expect(owners()).toHaveLength(1)
  })

  it('that arrives together with the answer to the own one is not missed', async () => {
    const a = await start('a')
    a.owner.release()
    await turn()
    const { journal } = a.session
    // The other claim is in the log before the answer to this context's own reaches it.
    const claim = journal.claim.bind(journal)
    journal.claim = async (collection) => {
      journal.claim = claim
      const position = await claim(collection)
      await claim(collection)
      return position
    }
    const before = a.told.length
    await advance(1000)
    expect(a.told.slice(before)).toEqual([])
    expect(a.owner.state).toBe('waiting')
    await advance(2000)
    expect(a.owner.state).toBe('owner')
  })
})

describe('a lock that is taken away', () => {
  it('ends the role', async () => {
    let take: () => void = () => undefined
    const real = system.of('a')
    system.of = () => ({
      request: async (name, options) => {
        const lock = await real.request(name, options)
        return { release: () => lock.release(), lost: new Promise((resolve) => (take = resolve)) }
      },
    })
    const a = await start('a')
    const claim = a.owner.claim!
    take()
    await turn()
    expect(a.told).toEqual([{ owner: claim }, { lost: 'lock lost' }])
    await advance(2000)
    expect(a.owner.state).toBe('owner')
    // What happens to the lock of an earlier turn is of no interest any more.
    take()
    take()
    await turn()
    expect(a.told.filter((told) => 'lost' in told)).toHaveLength(2)
  })
})

describe('a claim that cannot be appended', () => {
  it('is told once, and tried again until it can', async () => {
    const a = await start('a')
    const b = await start('b')
    const full = new StorageFullError({ cause: new Error('full') })
    b.failClaims(full)
    await a.owner.stop()
    await advance(1)
    expect(b.told).toEqual([{ error: full }])
    await advance(20_000)
    expect(b.told).toEqual([{ error: full }])
    expect(b.owner.state).toBe('waiting')
    b.failClaims(undefined)
    await advance(30_000)
    expect(b.told).toEqual([{ error: full }, { owner: b.owner.claim }])
  })

  it('of another kind is told as well', async () => {
    const a = await start('a')
    const b = await start('b')
    const full = new StorageFullError({ cause: new Error('full') })
    const busy = new BusyError('busy')
    b.failClaims(full)
    await a.owner.stop()
    await advance(1000)
    b.failClaims(busy)
    await advance(5000)
    expect(b.told).toEqual([{ error: full }, { error: busy }])
  })

  it('lets another context try meanwhile', async () => {
    const a = await start('a')
    const b = await start('b')
    const c = await start('c')
    b.failClaims(new StorageFullError({ cause: new Error('full') }))
    await a.owner.stop()
    await advance(1)
    expect(owners()).toEqual(['c'])
    expect(c.told).toHaveLength(1)
  })

  it('because the journal is closed, ends the contest', async () => {
    const a = await start('a')
    const b = await start('b')
    await b.session.journal.close()
    await a.owner.stop()
    await turn()
    expect(b.told).toEqual([{ error: expect.any(ClosedError) }])
    expect(b.owner.state).toBe('stopped')
    await b.owner.stopped
    expect(system.holder).toBeUndefined()
  })
})

describe('stop()', () => {
  it('while it waits: it never becomes owner', async () => {
    const a = await start('a')
    const b = await start('b')
    await b.owner.stop()
    await a.owner.stop()
    await turn()
    expect(b.told).toEqual([])
    expect(b.owner.state).toBe('stopped')
    expect(system.holder).toBeUndefined()
  })

  it('while it claims: the lock is kept until the claim is in the log, so that it cannot depose the next owner', async () => {
    const a = await contend(file, system, 'a')
    contexts.push(a)
    let answer: () => void = () => undefined
    const { journal } = a.session
    const claim = journal.claim.bind(journal)
    journal.claim = async (collection) => {
      await new Promise<void>((resolve) => (answer = resolve))
      return claim(collection)
    }
    await turn()
    const b = await start('b')
    const stopped = a.owner.stop()
    await turn()
    expect(a.owner.state).toBe('stopped')
    expect(b.owner.state).toBe('waiting')
    answer()
    await stopped
    await turn()
    expect(a.told).toEqual([])
    expect(b.owner.state).toBe('owner')
    await advance(1000)
    expect(b.told).toEqual([{ owner: b.owner.claim }])
  })

  it('in the moment in which the lock is granted: it claims nothing, and gives the lock back', async () => {
    let grant: (lock: Lock) => void = () => undefined
    let released = 0
    system.of = () => ({ request: () => new Promise((resolve) => (grant = resolve)) })
    const a = await start('a')
    const head = await a.session.journal.head()
    grant({ release: () => released++ })
    await a.owner.stop()
    expect(released).toBe(1)
    expect(await a.session.journal.head()).toEqual(head)
    expect(a.told).toEqual([])
  })

  it('twice, and release() after it, do nothing more', async () => {
    const a = await start('a')
    await Promise.all([a.owner.stop(), a.owner.stop()])
    a.owner.release()
    await advance(5000)
    expect(a.told).toEqual([{ owner: expect.anything() }, { lost: 'stopped' }])
    expect(a.owner.state).toBe('stopped')
  })
})

async function otherOrigin() {
  const { transaction } = await import('../support/open.js')
  return transaction('other', 1, [{ op: 'put', collection: COLLECTION, key: 'x', value: { id: 'x' } }])
}
