/**
 * Real kills: processes that move money in a database file are killed with SIGKILL at random moments, one after the other,
 * and each finds what the one before has left. What a process was told is in a pipe before it goes on, so no
 * acknowledgement is lost with it.
 *
 * After each kill: everything that was acknowledged is there, no transfer is there by half, nothing is there twice. After
 * each file, also `verify()`.
 *
 * Not covered: the loss of what the system has not written to the disk yet (a power cut; `powerCuts` simulates that), and
 * machines whose disk lies.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Position, Daybook as WholeDaybook } from '../../src/node.js'
import { type Child, spawnChild } from '../children/spawn.js'

/** What is used of a daybook: that of the sources, or that of the built package. */
type Daybook = Pick<WholeDaybook, 'write' | 'entries' | 'journal' | 'verify' | 'close'>

export interface KillOptions {
  readonly rounds: number
  readonly random: (below: number) => number
  readonly open: (filename: string) => Daybook
  readonly onProgress?: (report: KillReport) => void
}

export interface KillReport {
  kills: number
  acknowledged: number
  /** Transfers that were kept, and whose process was killed before it was told. */
  phantoms: number
  files: number
}

type Line = { waiting: true } | { started: string } | { kept: string }

interface LedgerLine {
  readonly id: string
  readonly from: number
  readonly to: number
  readonly amount: number
}

/** So many processes meet one file, so that it does not grow without an end. */
const ROUNDS_OF_A_FILE = 40
const ACCOUNTS = 20
const OPENING_BALANCE = 1000

/** @throws Error that says what is not as it was promised */
export async function killRounds({ rounds, random, open, onProgress }: KillOptions): Promise<KillReport> {
  const report: KillReport = { kills: 0, acknowledged: 0, phantoms: 0, files: 0 }
  const processes = new Processes()
  const folder = mkdtempSync(join(tmpdir(), 'daybook-kill-'))
  try {
    while (report.kills < rounds) {
      const books = new Books(join(folder, `${++report.files}.db`), open)
      await books.begin()
      for (let n = 0; n < ROUNDS_OF_A_FILE && report.kills < rounds; n++) {
        const run = `run${report.kills}`
        const kept = await killOne(processes.next(), books.filename, run, random)
        report.kills++
        report.acknowledged += kept.length
        // Sometimes the next process is the one that finds the file as the kill has left it.
        report.phantoms += await books.check(kept, random(3) > 0)
        onProgress?.(report)
      }
      await books.end()
    }
  } finally {
    processes.end()
    rmSync(folder, { recursive: true, force: true })
  }
  return report
}

/** Lets a process work for a random time and kills it; answers what it was told by then. */
async function killOne(
  child: Child<Line>,
  filename: string,
  run: string,
  random: (below: number) => number,
): Promise<string[]> {
  await child.line((line) => 'waiting' in line)
  child.send({ filename, run, seed: random(2 ** 31) })
  // Some die while they open, most at work.
  const early = random(6) === 0
  if (!early) await child.line((line) => 'started' in line)
  await new Promise((resolve) => setTimeout(resolve, random(early ? 60 : 50)))
  child.kill()
  const { signal, stderr } = await child.ended
  if (signal !== 'SIGKILL' || stderr !== '') throw new Error(`${run} ended by ${signal}: ${stderr}`)
  return child.lines.flatMap((line) => ('kept' in line ? [line.kept] : []))
}

/** The next processes start while one is at work: starting takes longer than dying. */
class Processes {
  #ready: Child<Line>[] = []

  next(): Child<Line> {
    while (this.#ready.length < 3) this.#ready.push(spawnChild<Line>('transfer'))
    return this.#ready.shift() as Child<Line>
  }

  end(): void {
    for (const child of this.#ready) child.kill()
  }
}

/** What must be in one file. */
class Books {
  readonly filename: string
  readonly #open: (filename: string) => Daybook
  readonly #balances = Array.from({ length: ACCOUNTS }, () => OPENING_BALANCE)
  readonly #transfers = new Map<string, number>()
  readonly #seen = new Set<string>()
  #promised: string[] = []
  #at: Position | undefined

  constructor(filename: string, open: (filename: string) => Daybook) {
    this.filename = filename
    this.#open = open
  }

  begin(): Promise<void> {
    return this.#with(async (daybook) => {
      this.#at = await daybook.write(
        this.#balances.map((balance, id) => ({
          op: 'put',
          collection: 'accounts',
          key: id,
          value: { id, balance },
        })),
      )
    })
  }

  /** Answers how many transfers are there that nobody was told of. */
  async check(kept: readonly string[], now: boolean): Promise<number> {
    this.#promised.push(...kept)
    if (!now) return 0
    const promised = this.#promised.splice(0)
    return this.#with(async (daybook) => {
      const before = this.#seen.size
      await this.#read(daybook)
      const lost = promised.filter((id) => !this.#seen.has(id))
      if (lost.length > 0) throw new Error(`acknowledged, and gone: ${lost.join(', ')}`)
      await this.#compare(daybook)
      return this.#seen.size - before - promised.length
    })
  }

  async end(): Promise<void> {
    await this.check([], true)
    await this.#with(async (daybook) => {
      const { findings } = await daybook.verify()
      if (findings.length > 0) throw new Error(`verify() finds ${JSON.stringify(findings)}`)
    })
  }

  /** The new entries, each a whole transfer that was not there before. */
  async #read(daybook: Daybook): Promise<void> {
    for await (const { position, ops } of daybook.entries({ after: this.#at as Position })) {
      this.#at = position
      for (const op of ops) {
        if (op.op !== 'put') continue
        if (op.collection === 'runs') this.#transfers.set(String(op.key), 0)
        if (op.collection !== 'ledger') continue
        const { id, from, to, amount } = op.value as LedgerLine
        if (this.#seen.has(id)) throw new Error(`transfer ${id} is there twice`)
        this.#seen.add(id)
        this.#balances[from] = (this.#balances[from] as number) - amount
        this.#balances[to] = (this.#balances[to] as number) + amount
        const [run] = id.split('/') as [string]
        this.#transfers.set(run, (this.#transfers.get(run) ?? 0) + 1)
      }
    }
  }

  /** The rows: every account is what the ledger says, every run has counted its transfers. */
  async #compare(daybook: Daybook): Promise<void> {
    const rowsOf = async <T>(collection: string): Promise<T[]> =>
      (await daybook.journal.query(collection)).rows.map(({ value }) => JSON.parse(value) as T)
    for (const { id, balance } of await rowsOf<{ id: number; balance: number }>('accounts')) {
      const expected = this.#balances[id]
      if (balance !== expected) throw new Error(`account ${id} has ${balance}, the ledger says ${expected}`)
    }
    for (const { id, transfers } of await rowsOf<{ id: string; transfers: number }>('runs')) {
      const expected = this.#transfers.get(id)
      if (transfers !== expected) throw new Error(`${id} has counted ${transfers} transfers, not ${expected}`)
    }
  }

  async #with<T>(work: (daybook: Daybook) => Promise<T>): Promise<T> {
    const daybook = this.#open(this.filename)
    try {
      return await work(daybook)
    } finally {
      await daybook.close()
    }
  }
}
