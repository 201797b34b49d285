/**
 * Power cuts: a journal at work on a disk that fails at any write or sync and then has lost what was not synced, in part
 * or all of it; again and again, on what the cut before has left.
 *
 * Whatever is lost is the end of the log, whole entries of it. With durability `power` nothing that was acknowledged is.
 */

import { createDriver } from '../drivers/runner.js'
import type { Durability } from '../drivers/settings.js'
import type { Position, Transaction } from '../log/entry.js'
import { encodeOps, type Op } from '../log/op.js'
import { type OpenedHere, openJournal } from '../runtime/open.js'
import { Origin } from '../runtime/origin.js'
import { Archive, type ArchivedEntry, entriesOf } from './simulation/archive.js'
import { BrokenPromise, must } from './simulation/check.js'
import { type DiskConnection, openDisk } from './simulation/disk-vfs.js'
import { randomFrom } from './simulation/random.js'
import { VirtualClock } from './simulation/virtual-clock.js'
import { type Loss, VirtualDisk } from './simulation/virtual-disk.js'

export interface PowerCutsOptions {
  readonly seed: number
  readonly cuts: number
  readonly durability: Durability
}

export interface PowerCutsReport {
  readonly cuts: number
  readonly acknowledged: number
  /** Entries that were acknowledged and lost; with durability `power` there are none. */
  readonly lost: number
  /** Writes and syncs that the cuts took. */
  readonly writesLost: number
}

/** How often the power fails on one disk before the next one begins empty. */
const CUTS_OF_A_DISK = 12

const LOSSES: readonly Loss[] = ['all', 'none', 'later', 'some']

/** Simulates power cuts.
 *
 * @throws BrokenPromise, with the seed in its message
 */
export async function powerCuts({ seed, cuts, durability }: PowerCutsOptions): Promise<PowerCutsReport> {
  const total = { cuts: 0, acknowledged: 0, lost: 0, writesLost: 0 }
  for (let disk = 0; total.cuts < cuts; disk++) {
    const life = new LifeOfADisk(durability, randomFrom(seed + disk))
    try {
      for (let n = 0; n < CUTS_OF_A_DISK && total.cuts < cuts; n++) {
        total.writesLost += await life.cut()
        total.cuts++
      }
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      const again = `powerCuts({ seed: ${seed + disk}, cuts: ${CUTS_OF_A_DISK}, durability: '${durability}' })`
      throw new BrokenPromise(`${said}\n  ${again}`, { cause: error })
    }
    total.acknowledged += life.acknowledged
    total.lost += life.lost
  }
  return total
}

interface Promised {
  readonly transaction: Transaction
  readonly position: Position
}

class LifeOfADisk {
  acknowledged = 0
  lost = 0
  readonly #durability: Durability
  readonly #random: () => number
  readonly #disk = new VirtualDisk()
  readonly #archive = new Archive()
  #promised: Promised[] = []
  #process = 0

  constructor(durability: Durability, random: () => number) {
    this.#durability = durability
    this.#random = random
  }

  /** A process works until the power fails; the next one finds what is left. Answers how many writes were lost. */
  async cut(): Promise<number> {
    this.#disk.failAfter(1 + this.#below(150))
    await this.#work()
    const before = await this.#entries(this.#disk.copy())
    for (const { position } of this.#promised) {
      must(
        before[position.seq - 1] !== undefined,
        () => `entry ${position.seq} was acknowledged, and is not there`,
      )
    }
    const { lost } = this.#disk.cut(LOSSES[this.#below(LOSSES.length)] as Loss, this.#random)
    await this.#check(before)
    return lost
  }

  async #work(): Promise<void> {
    const origin = new Origin(`process-${++this.#process}`)
    const opened = await this.#open(origin).catch(() => undefined)
    const { journal } = opened ?? {}
    while (journal !== undefined && !this.#disk.isOff) {
      const dice = this.#random()
      if (dice < 0.7) {
        const group = Array.from({ length: 1 + this.#below(3) }, () => this.#transaction(origin))
        await Promise.all(group.map((each) => this.#append(journal, each)))
      } else if (dice < 0.85) await journal.query('rows').catch(() => undefined)
      else if (dice < 0.9) await journal.claimTerm().catch(() => undefined)
      else if (dice < 0.94) await journal.compact().catch(() => undefined)
      else {
        const again = this.#promised[this.#below(this.#promised.length)]
        if (again !== undefined) await this.#sendAgain(journal, again).catch(ignoreUnlessBroken)
      }
    }
    opened?.kill()
  }

  async #append(journal: OpenedHere['journal'], transaction: Transaction): Promise<void> {
    const position = await journal.append(transaction).catch(() => undefined)
    if (position === undefined) return
    this.#promised.push({ transaction, position })
    this.acknowledged++
  }

  async #sendAgain(journal: OpenedHere['journal'], { transaction, position }: Promised): Promise<void> {
    const { seq } = await journal.append(transaction)
    must(seq === position.seq, () => `entry ${position.seq} was sent again, and is entry ${seq} as well`)
  }

  async #check(before: readonly ArchivedEntry[]): Promise<void> {
    const after = await this.#entries(this.#disk.copy())
    for (const { seq, checksum } of after) {
      must(before[seq - 1]?.checksum === checksum, () => `entry ${seq} is another one after the power cut`)
    }
    this.#archive.rewind(after.length)
    const kept = this.#promised.filter(({ position }) => position.seq <= after.length)
    const lost = this.#promised.length - kept.length
    must(
      this.#durability === 'process' || lost === 0,
      () => `L8: the power cut took ${lost} promised entries`,
    )
    this.lost += lost
    this.#promised = kept
    const { journal, maintenance, kill } = await this.#open(new Origin(`process-${++this.#process}`))
    const { findings } = await maintenance.verify()
    must(findings.length === 0, () => `verify() finds ${JSON.stringify(findings)}`)
    for (const each of kept.slice(-10)) await this.#sendAgain(journal, each)
    kill()
  }

  async #open(origin: Origin): Promise<OpenedHere & Pick<DiskConnection, 'kill'>> {
    const durability = this.#durability
    const { connection, kill } = await openDisk(this.#disk, { durability, busyTimeout: 0 })
    // Often, so that the power also fails between the write-ahead log and the file.
    if (this.#random() < 0.7) await connection.execute({ sql: 'PRAGMA wal_autocheckpoint = 15' }, [])
    const opened = await openJournal({
      driver: createDriver(this.#archive.of(connection)),
      clock: new VirtualClock(),
      origin,
      durability,
      retain: 'all',
      onError: () => undefined,
    })
    return { ...opened, kill }
  }

  async #entries(disk: VirtualDisk): Promise<ArchivedEntry[]> {
    const { connection, kill } = await openDisk(disk, { durability: this.#durability, busyTimeout: 0 })
    const entries = this.#archive.whole(entriesOf(connection))
    kill()
    return entries
  }

  /** Of one small row, of many fields, or in several parts as a large one is. */
  #transaction(origin: Origin): Transaction {
    const key = this.#below(20)
    const value = { key, text: 'x'.repeat(this.#below(this.#random() < 0.1 ? 20_000 : 200)) }
    const ops: Op[] = [
      { op: 'put', collection: 'rows', key, value },
      { op: 'patch', collection: 'rows', key: this.#below(20), fields: { patched: this.#below(1000) } },
      { op: 'state', collection: 'rows', name: 'token', value: this.#below(1000) },
    ]
    const parts = this.#random() < 0.2 ? ops.flatMap((op) => encodeOps([op])) : encodeOps(ops)
    return { origin: origin.id, originSeq: origin.next(), parts }
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}

// A disk that fails may refuse it; a second position it may not give.
const ignoreUnlessBroken = (error: unknown): void => {
  if (error instanceof BrokenPromise) throw error
}
