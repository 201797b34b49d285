/**
 * Several contexts on one file that contend for the sync of one collection, each with a clock of its own: one whose clock
 * stands still is a process that was stopped, one that was killed does nothing any more.
 */

import type { Connection } from '../../src/drivers/driver.js'
import type { Position } from '../../src/log/entry.js'
import { encodeOps } from '../../src/log/op.js'
import { Tail } from '../../src/runtime/daybook/tail.js'
import { Origin } from '../../src/runtime/origin.js'
import type { Lock, LockRequest, Locks } from '../../src/runtime/sync-owner/locks/locks.js'
import { questionOp } from '../../src/runtime/sync-owner/role-watch.js'
import { SyncOwner } from '../../src/runtime/sync-owner/sync-owner.js'
import type { LostReason } from '../../src/runtime/sync-owner/sync-owner-listener.js'
import { FakeClock } from './clock.js'
import { connect } from './connections.js'
import { openConnection, type Session } from './open.js'

export const COLLECTION = 'issues'

/** What a listener was told. */
export type Told = { owner: Position } | { lost: LostReason } | { error: unknown }

export interface Context {
  readonly name: string
  readonly owner: SyncOwner
  readonly clock: FakeClock
  readonly session: Session
  /** Everything that the listener was told, in order. */
  readonly told: readonly Told[]
  /** Appends a row as the upstream's transaction under a claim. */
  append(claim: Position): Promise<Position>
  /** Claims fail with this until it is taken back. */
  failClaims(error: unknown): void
  /** The process is gone: nothing it does has an effect any more, and its locks are free. */
  kill(): void
  close(): Promise<void>
}

/** Opens the file in a context of its own that contends at once. */
export async function contend(
  filename: string,
  system: LockSystem,
  name: string,
  wrap: (connection: Connection) => Connection = (connection) => connection,
): Promise<Context> {
  const clock = new FakeClock()
  const { connection, kill } = mortal(wrap(connect(filename, 0)))
  const session = await openConnection(connection, clock)
  const { journal } = session
  const ignored = (): void => undefined
  const tail = new Tail({ journal, clock, onError: ignored, counters: { catchUps: 0 } })
  const origin = new Origin()
  const told: Told[] = []
  let failure: unknown
  const owner = new SyncOwner({
    collection: COLLECTION,
    origin: origin.id,
    contender: origin.id,
    locks: system.of(name),
    tail,
    clock,
    claim: async (collection) => {
      if (failure !== undefined) throw failure
      return journal.claim(collection)
    },
    ask: async (collection, question) => {
      if (failure !== undefined) throw failure
      return journal.append(origin.transaction(encodeOps([questionOp(collection, question)])))
    },
    listener: {
      onOwner: (claim) => told.push({ owner: claim }),
      onLost: (reason) => told.push({ lost: reason }),
      onError: (error) => told.push({ error }),
    },
  })
  let rows = 0
  return {
    name,
    owner,
    clock,
    session,
    told,
    append: (claim) => {
      const row = { id: `${name}/${++rows}` }
      return journal.append({
        ...origin.transaction(encodeOps([{ op: 'put', collection: COLLECTION, key: row.id, value: row }])),
        requires: [['claim', COLLECTION, claim.seq]],
      })
    },
    failClaims: (error) => {
      failure = error
    },
    kill: () => {
      kill()
      system.kill(name)
    },
    close: async () => {
      await owner.stop()
      tail.stop()
      await journal.close()
    },
  }
}

/** The parts of a body with one put, for a transaction made by hand. */
export const onePut = (id: string): readonly string[] =>
  encodeOps([{ op: 'put', collection: COLLECTION, key: id, value: { id } }])

/** The same connection until its process is killed. */
function mortal(connection: Connection): { connection: Connection; kill(): void } {
  let dead = false
  const alive = <T>(work: () => T): T => {
    if (dead) throw new Error('the process was killed')
    return work()
  }
  return {
    connection: {
      ...connection,
      execute: (statement, parameters) => alive(() => connection.execute(statement, parameters)),
      inTransaction: () => !dead && connection.inTransaction(),
      changeToken: () => alive(() => connection.changeToken!()),
      close: () => (dead ? undefined : connection.close()),
    },
    kill: () => {
      dead = true
      void connection.close()
    },
  }
}

interface Asking {
  readonly context: string
  readonly grant: (lock: Lock) => void
  /** The lock was taken away. */
  readonly lose: () => void
}

/** One lock that the system gives to one context at a time; in the order they asked. */
export class LockSystem {
  #holder: Asking | undefined
  #waiting: Asking[] = []
  readonly #stopped = new Set<string>()

  /** The locks as one context sees them. */
  of(context: string): Locks {
    return { request: (_name, options) => this.#request(context, options) }
  }

  /** Who has the lock. */
  get holder(): string | undefined {
    return this.#holder?.context
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** The lock file is deleted: whoever holds it goes on believing so, and the next one gets another. */
  forget(): void {
    this.#holder = undefined
    this.#grant()
  }

  kill(context: string): void {
    this.#waiting = this.#waiting.filter((asking) => asking.context !== context)
    if (this.#holder?.context === context) this.#holder = undefined
    this.#grant()
  }

  /** A stopped process keeps what it has and asks for nothing. */
  stop(context: string): void {
    this.#stopped.add(context)
  }

  goOn(context: string): void {
    this.#stopped.delete(context)
    this.#grant()
  }

  #request(context: string, { signal, steal }: LockRequest): Promise<Lock> {
    return new Promise((resolve, reject) => {
      let lose = (): void => undefined
      const lost = new Promise<void>((tell) => {
        lose = tell
      })
      const asking: Asking = { context, grant: (lock) => resolve({ ...lock, lost }), lose }
      if (signal.aborted) return reject(signal.reason)
      if (steal === true && !this.#stopped.has(context)) {
        this.#holder?.lose()
        this.#waiting.unshift(asking)
        return this.forget()
      }
      signal.addEventListener('abort', () => {
        this.#waiting = this.#waiting.filter((other) => other !== asking)
        reject(signal.reason)
      })
      this.#waiting.push(asking)
      this.#grant()
    })
  }

  #grant(): void {
    if (this.#holder !== undefined) return
    const next = this.#waiting.find(({ context }) => !this.#stopped.has(context))
    if (next === undefined) return
    this.#waiting = this.#waiting.filter((other) => other !== next)
    this.#holder = next
    next.grant({
      release: () => {
        if (this.#holder !== next) return
        this.#holder = undefined
        this.#grant()
      },
    })
  }
}
