/**
 * Whatever happens to the contexts of one file, in whatever order: once everybody has looked at the log, at most one that
 * runs believes to be sync owner, and it holds the newest claim; nothing passes under an older one; each `onOwner` is
 * followed by one `onLost`; and when it is quiet, exactly one of the living owns.
 */

import { expect, test } from 'vitest'
import { DeposedError, StorageFullError } from '../../src/errors.js'
import { controlsOf } from '../../src/log/controls.js'
import { turn } from '../support/clock.js'
import { asynchronous } from '../support/connections.js'
import { COLLECTION, type Context, contend, LockSystem } from '../support/contexts.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { openFile, type Session } from '../support/open.js'

/** What may happen next; `who` is taken modulo the number of contexts. */
type Action =
  /** One more context opens the file. Its connection answers at once, or each statement a turn later. */
  | { do: 'start'; late: boolean }
  | { do: 'kill' | 'stop' | 'release' | 'want' | 'sleep' | 'wake' | 'compact'; who: number }
  /** Its claims fail, or can be appended again. */
  | { do: 'fill' | 'free'; who: number }
  /** Somebody deletes the lock file. */
  | { do: 'forget' }
  /** Somebody claims who has no lock at all. */
  | { do: 'claim' }
  /** Time passes for everybody who is awake. */
  | { do: 'advance'; ms: number }
  /** A few turns of the event loop: what is under way gets part of the way. */
  | { do: 'turns'; count: number }

const who = fc.nat(7)
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('start' as const), late: fc.boolean() }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom('kill', 'stop', 'release', 'want', 'sleep', 'wake', 'compact', 'fill', 'free'),
      who,
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'forget' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'claim' as const }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(3000) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.nat(6) }) },
)

/** Time in which everybody who is awake looks at the log, and what is under way comes to an end. */
const LOOK = 100

/** Time in which the longest pause ends, and the claim that follows it is seen by all. */
const QUIET = 40_000

class World {
  readonly #filename = newFile()
  readonly #system = new LockSystem()
  readonly #contexts: Context[] = []
  readonly #gone = new Set<Context>()
  readonly #asleep = new Set<Context>()
  #observer!: Session

  static async open(): Promise<World> {
    const world = new World()
    world.#observer = await openFile(world.#filename)
    return world
  }

  async run(action: Action): Promise<void> {
    switch (action.do) {
      case 'start':
        return this.#start(action.late)
      case 'forget':
        return this.#system.forget()
      case 'claim':
        return ignoreBusy(this.#observer.journal.claim(COLLECTION))
      case 'advance':
        return this.#advance(action.ms)
      case 'turns':
        for (let count = 0; count < action.count; count++) await turn()
        return
    }
    const awake = this.#awake
    const context = awake[action.who % awake.length]
    switch (action.do) {
      case 'wake':
        for (const sleeping of this.#asleep) this.#system.goOn(sleeping.name)
        return this.#asleep.clear()
      case 'kill':
        if (context === undefined) return
        this.#gone.add(context)
        return context.kill()
      case 'sleep':
        if (context === undefined) return
        // A process is stopped between two turns; what it has under way in this model ends first.
        await this.#settle(context)
        this.#asleep.add(context)
        return this.#system.stop(context.name)
      case 'compact':
        return ignoreBusy(context?.session.journal.compact())
      case 'fill':
        return context?.failClaims(new StorageFullError({ cause: new Error('full') }))
      case 'free':
        return context?.failClaims(undefined)
      case 'release':
        return context?.owner.release()
      case 'want':
        // Whoever is stopped meanwhile is told so.
        return void context?.owner.want().catch(() => undefined)
      case 'stop':
        if (context === undefined) return
        this.#gone.add(context)
        return void context.owner.stop()
    }
  }

  /** At most one of those who are awake is owner, with the newest claim; under older ones nothing passes. */
  async check(): Promise<void> {
    const newest = await this.#afterALook()
    const owners = this.#awake.filter(({ owner }) => owner.state === 'owner')
    expect(owners.map(({ owner }) => owner.claim?.seq)).toEqual(owners.length === 0 ? [] : [newest])
    for (const context of this.#contexts) expectInTurn(context)
    // Upstream code may run on for ever after it lost the role.
    for (const context of this.#awake) {
      for (const told of context.told) {
        if (!('owner' in told)) continue
        const before = await this.#observer.journal.head()
        if (told.owner.seq === newest) await context.append(told.owner)
        else {
          await expect(context.append(told.owner)).rejects.toBeInstanceOf(DeposedError)
          expect(await this.#observer.journal.head()).toEqual(before)
        }
      }
    }
  }

  /** When nothing happens any more, exactly one of the living is owner. */
  async checkQuiet(): Promise<void> {
    for (const sleeping of this.#asleep) this.#system.goOn(sleeping.name)
    this.#asleep.clear()
    for (const context of this.#awake) context.failClaims(undefined)
    // Whoever paused for long may have to give way once more to whoever holds the lock that is there now.
    await this.#advance(QUIET)
    await this.#advance(QUIET)
    const living = this.#awake
    const owners = living.filter(({ owner }) => owner.state === 'owner')
    expect(owners).toHaveLength(living.length === 0 ? 0 : 1)
    await this.check()
    expect(owners.every(({ owner }) => owner.state === 'owner')).toBe(true)
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close().catch(() => undefined)
    await this.#observer.journal.close()
    removeFile(this.#filename)
  }

  get #awake(): Context[] {
    return this.#contexts.filter((context) => !this.#gone.has(context) && !this.#asleep.has(context))
  }

  async #start(late: boolean): Promise<void> {
    if (this.#contexts.length >= 8) return
    const name = `context-${this.#contexts.length}`
    this.#contexts.push(
      await contend(this.#filename, this.#system, name, (connection) =>
        late ? asynchronous(connection, 'turn') : connection,
      ),
    )
  }

  async #advance(ms: number): Promise<void> {
    const slice = ms > LOOK ? 500 : 50
    for (let passed = 0; passed < ms; passed += slice) {
      for (const { clock } of this.#awake) await clock.advance(Math.min(slice, ms - passed))
    }
    for (const context of this.#awake) await this.#settle(context)
  }

  /** The newest claim, when everybody has had the time to see it. */
  async #afterALook(): Promise<number> {
    for (let seen = -1; ; ) {
      await this.#advance(LOOK)
      const { claim } = await this.#observer.journal.inspect(() => controlsOf(COLLECTION))
      if (claim === seen) return claim
      seen = claim
    }
  }

  /** What the context has under way comes to its end; all its statements go through one line. */
  async #settle({ session }: Context): Promise<void> {
    await session.journal.head()
    for (let count = 0; count < 8; count++) await turn()
    await session.journal.head()
    await turn()
  }
}

/** Another context is in the middle of a write; its turn will come. */
async function ignoreBusy(work: Promise<unknown> | undefined): Promise<void> {
  await work?.catch((error: { code?: string }) => {
    if (error.code !== 'DAYBOOK_BUSY') throw error
  })
}

function expectInTurn({ told, owner }: Context): void {
  let isOwner = false
  for (const event of told) {
    if ('error' in event) continue
    expect('owner' in event).toBe(!isOwner)
    isOwner = 'owner' in event
  }
  expect(owner.state === 'owner').toBe(isOwner)
}

test('one sync owner among contexts that come, go, sleep, fail and are killed', async () => {
  await check(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (actions) => {
      const world = await World.open()
      try {
        for (const [index, action] of [{ do: 'start', late: false } as const, ...actions].entries()) {
          await world.run(action)
          if (index % 3 === 2) await world.check()
        }
        await world.checkQuiet()
      } finally {
        await world.close()
      }
    }),
    60,
  )
})
