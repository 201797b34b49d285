/** The file of a program, the contexts that have it open, and what is between them: locks, and a channel that loses messages. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBetterSqlite3 } from '../../drivers/better-sqlite3.js'
import type { Connection } from '../../drivers/driver.js'
import { createDriver } from '../../drivers/runner.js'
import { webLocks } from '../../runtime/browser/web-locks.js'
import type { Clock } from '../../runtime/clock.js'
import { Daybook } from '../../runtime/daybook/daybook.js'
import type { OpenedDaybook } from '../../runtime/daybook/opened.js'
import type { Link } from '../../runtime/journal/channel.js'
import { RemoteJournal } from '../../runtime/journal/remote.js'
import { Server } from '../../runtime/journal/server.js'
import { openJournal } from '../../runtime/open.js'
import { Origin } from '../../runtime/origin.js'
import { Network } from '../simulation/network.js'
import { VirtualContext } from '../simulation/virtual-context.js'
import { VirtualLocks } from '../simulation/virtual-locks.js'

/** A folder in memory, where the system has one. */
const MEMORY = '/dev/shm'
/** Nobody waits for locks: time is virtual, and a wait would stop all of it. */
const busyTimeout = 0

export interface OpenHandle {
  readonly daybook: Daybook
  /** As if its process was killed: nothing that it does has an effect any more. */
  kill(): void
  /** What goes through the channel ends as well; call it when the handle is closed. */
  end(): void
}

export class BorderFile {
  readonly #clock: Clock
  readonly #folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'daybook-border-'))
  readonly #locks = new VirtualLocks()
  readonly #network: Network
  readonly #watched: (connection: Connection) => Connection
  #opened = 0
  #underWay = 0

  /** `watched` is put between each context and the file. */
  constructor(
    clock: Clock,
    fates: readonly (readonly number[])[],
    watched: (connection: Connection) => Connection,
  ) {
    this.#clock = clock
    this.#watched = watched
    let next = 0
    // Mixed: in turn, a call that is repeated could meet the same loss for ever.
    const fate = (): readonly number[] => fates[mixed(++next) % fates.length] ?? [0]
    this.#network = new Network({
      fate,
      after: (ms, deliver) => void (ms === 0 ? queueMicrotask(deliver) : clock.after(ms, deliver)),
    })
  }

  /** Whether something is on its way through the channel. */
  get isCalled(): boolean {
    return this.#underWay > 0
  }

  #counted<T>(call: Promise<T>): Promise<T> {
    this.#underWay++
    return call.finally(() => this.#underWay--)
  }

  /** Opens the file in a context of its own. */
  open(kind: 'handle' | 'remote', serves: boolean): OpenHandle {
    const id = `context-${++this.#opened}`
    const context = new VirtualContext(id)
    const locks = webLocks(this.#locks.of(id), 'border')
    return kind === 'handle' ? this.#openHandle(context, locks, serves) : this.#openRemote(context, locks)
  }

  /** Another connection, for a look at what is stored. */
  connect(): Connection {
    const connection = connectBetterSqlite3(join(this.#folder, 'daybook.db'), {
      durability: 'process',
      busyTimeout,
    })
    // What a killed process has handed to the system is kept without an fsync, which costs much of the time.
    void connection.execute({ sql: 'PRAGMA synchronous = OFF' }, [])
    return connection
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #openHandle(
    context: VirtualContext,
    locks: Awaited<ReturnType<OpenedDaybook['locks']>>,
    serves: boolean,
  ): OpenHandle {
    const { id } = context
    const clock = context.clock(this.#clock)
    const origin = new Origin()
    const { connection, kill } = mortal(this.#watched(this.connect()))
    let server: Server | undefined
    let hasEnded = false
    const daybook = new Daybook({
      origin,
      clock,
      open: async (onError, trace) => {
        const driver = createDriver(connection, { busyTimeout })
        const opened = await openJournal({
          driver,
          clock,
          origin,
          durability: 'process',
          retain: 'all',
          onError,
          trace,
        })
        if (serves) {
          const { journal, maintenance } = opened
          const claimed = await journal.claimTerm()
          // A process that was killed meanwhile serves nobody.
          if (hasEnded) return new Promise(() => undefined)
          const hub = this.#network.hub()
          server = new Server({ id, journal, maintenance, hub, clock, claimed, onError })
        }
        return { ...opened, locks: () => locks }
      },
    })
    const end = (): void => {
      hasEnded = true
      server?.close()
      this.#locks.end(id)
    }
    return {
      daybook,
      end,
      kill: () => {
        context.end()
        kill()
        end()
      },
    }
  }

  #openRemote(context: VirtualContext, locks: Awaited<ReturnType<OpenedDaybook['locks']>>): OpenHandle {
    const { id } = context
    const clock = context.clock(this.#clock)
    const line = this.#network.link(id)
    const link: Link = {
      send: (request) => context.task(() => line.send(request)),
      listen: (listener) => line.listen((message) => context.task(() => listener(message))),
      close: () => line.close(),
    }
    const journal = new RemoteJournal({ id, link, clock })
    const { query, append, notify } = journal
    journal.query = (...args) => this.#counted(query.apply(journal, args))
    journal.append = (...args) => this.#counted(append.apply(journal, args))
    journal.notify = (...args) => this.#counted(notify.apply(journal, args))
    const daybook = new Daybook({
      origin: new Origin(),
      clock,
      open: async () => ({ journal, maintenance: journal, warnings: [], locks: () => locks }),
    })
    const end = (): void => this.#locks.end(id)
    return {
      daybook,
      end,
      kill: () => {
        context.end()
        // What it was reading nobody waits for.
        void journal.close()
        end()
      },
    }
  }
}

/** A number as if drawn, always the same one for a number. The finalizer of MurmurHash3, by Austin Appleby. */
function mixed(number: number): number {
  const first = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return (second ^ (second >>> 16)) >>> 0
}

/** The same connection until its process is killed. */
function mortal(connection: Connection): { connection: Connection; kill(): void } {
  let isDead = false
  const alive = <T>(work: () => T): T => {
    if (isDead) throw new Error('the process was killed')
    return work()
  }
  return {
    connection: {
      ...connection,
      execute: (statement, parameters) => alive(() => connection.execute(statement, parameters)),
      inTransaction: () => !isDead && connection.inTransaction(),
      changeToken: () => alive(() => connection.changeToken!()),
      close: () => (isDead ? undefined : connection.close()),
    },
    kill: () => {
      isDead = true
      void connection.close()
    },
  }
}
