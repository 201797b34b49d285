/**
 * All invariants on a live database, through the calls that everybody has: what `verify()` finds in the file, and what a
 * reader of the journal sees for itself. It looks twice, by different code, so that one mistake cannot hide another.
 */

import { decodeOpsWith } from '../log/decode-ops.js'
import type { Entry, Position, Transaction } from '../log/entry.js'
import { opParts, START } from '../log/entry.js'
import type { Finding } from '../log/finding.js'
import { checksumOf } from '../log/read.js'
import type { Daybook } from '../runtime/daybook/daybook.js'
import type { Journal } from '../runtime/journal/journal.js'
import { AS_STORED } from '../values/codecs.js'
import { decodeKey } from '../values/decode-key.js'
import type { Key } from '../values/key.js'
import { sameValue } from '../values/same.js'
import { decodeValue } from '../values/value.js'
import { type FoldedCollections, foldOps } from './fold.js'

/** How many of the newest transactions are sent again. */
const SENT_AGAIN = 20

/** Findings that a message names one by one. */
const NAMED = 20

export type LogFinding = Omit<Finding, 'invariant'> & {
  readonly invariant: Finding['invariant'] | 'M4' | 'M5'
}

/** The part of a daybook that is looked at. */
export interface Checkable extends Pick<Daybook, 'stats' | 'verify' | 'head' | 'collections'> {
  readonly journal: Pick<Journal, 'append' | 'read' | 'query'>
}

/** What `checkLog` has looked at. */
export interface LogReport {
  readonly entries: number
  readonly rows: number
  readonly collections: number
  /** Transactions that were sent again and were answered with their first position. */
  readonly sentAgain: number
  /** What could not be checked, and why. */
  readonly unchecked: readonly string[]
}

/** The database is not as it must be. `findings` say what is wrong, by the number of the invariant. */
export class LogCheckError extends Error {
  readonly code = 'DAYBOOK_LOG_CHECK'
  readonly findings: readonly LogFinding[]

  constructor(findings: readonly LogFinding[]) {
    const named = findings.slice(0, NAMED).map(({ invariant, message }) => `  ${invariant}  ${message}`)
    if (findings.length > NAMED) named.push(`  … and ${findings.length - NAMED} more`)
    super(`The database is not as it must be:\n${named.join('\n')}`)
    this.name = 'LogCheckError'
    this.findings = findings
  }
}

/**
 * Checks everything that must hold of a database, at any moment, while others write. It appends nothing: the newest
 * transactions of this log are sent again, which must change nothing (L5).
 *
 * @throws LogCheckError when something does not hold; whatever a call of the daybook throws
 * @example
 * await daybook.write([{ op: 'put', collection: 'todos', key: 1, value: { title: 'Buy milk' } }])
 * const { entries, rows } = await checkLog(daybook)
 * entries // 2
 * rows // 1
 */
export async function checkLog(daybook: Checkable): Promise<LogReport> {
  const { readonly, floor } = await daybook.stats()
  const verification = await daybook.verify()
  // What is damaged cannot be read on.
  if (!verification.clean) throw new LogCheckError(verification.findings)
  const check = new LogCheck(daybook)
  await check.readThrough((await daybook.head()).seq)
  const isWhole = floor.seq === 1
  if (isWhole) for (const { id } of await daybook.collections()) await check.compareRows(id)
  const unchecked = [...verification.unchecked]
  if (!isWhole) unchecked.push('The rows against a fold of the log: its beginning was trimmed.')
  if (readonly) unchecked.push('Sending again what is in the log: this handle is read-only.')
  const { entries, rows, collections, findings } = check
  // Nothing is sent to a log that is not right as it is.
  const sentAgain = readonly || findings.length > 0 ? 0 : await check.sendAgain()
  if (findings.length > 0) throw new LogCheckError(findings)
  return { entries, rows, collections, sentAgain, unchecked }
}

/** A reader who believes nothing. */
class LogCheck {
  readonly findings: LogFinding[] = []
  entries = 0
  rows = 0
  collections = 0
  readonly #daybook: Checkable
  readonly #folded: FoldedCollections = new Map()
  readonly #seen = new Map<string, Position>()
  #newest: Entry[] = []
  #at: Position = START
  #checksum: string | undefined

  constructor(daybook: Checkable) {
    this.#daybook = daybook
  }

  /** Reads on, at least through an entry. */
  async readThrough(seq: number): Promise<void> {
    while (this.#at.seq < seq) {
      const answer = await this.#daybook.journal.read(this.#at)
      if ('trimmed' in answer) {
        if (this.entries > 0) return
        this.#at = { term: answer.trimmed.term, seq: answer.trimmed.seq - 1 }
        continue
      }
      if (answer.entries.length === 0) {
        this.#found('L1', `The log ends at ${this.#at.seq}, but its head is ${answer.head.seq}.`)
        return
      }
      for (const entry of answer.entries) this.#take(entry)
    }
  }

  #take(entry: Entry): void {
    const { position, origin, originSeq, kind } = entry
    const { seq, term } = position
    if (seq !== this.#at.seq + 1) this.#found('L1', `Entry ${seq} comes after entry ${this.#at.seq}.`)
    if (term < this.#at.term) this.#found('L2', `Entry ${seq} has term ${term}, after term ${this.#at.term}.`)
    if (this.#checksum !== undefined && checksumOf(this.#checksum, entry) !== entry.checksum) {
      this.#found('L7', `Entry ${seq} does not fit its checksum and the entry before it.`)
    }
    const maker = `${origin} ${originSeq}`
    const before = this.#seen.get(maker)
    if (before !== undefined) {
      this.#found(
        'L5',
        `Transaction ${originSeq} of origin ${origin} is entry ${before.seq} and entry ${seq}.`,
      )
    }
    this.#seen.set(maker, position)
    this.#at = position
    this.#checksum = entry.checksum
    this.entries++
    if (kind !== 'term' && kind !== 'checkpoint') this.#newest = [...this.#newest, entry].slice(-SENT_AGAIN)
    try {
      for (const part of opParts(entry)) foldOps(this.#folded, decodeOpsWith(AS_STORED, part))
    } catch (error) {
      this.#found('L3', `Entry ${seq} cannot be decoded: ${error instanceof Error ? error.message : error}`)
    }
  }

  /** The rows of a collection, as anybody would ask for them, against what this reader has read. */
  async compareRows(collection: string): Promise<void> {
    const before = this.#at.seq
    const { rows, at } = await this.#daybook.journal.query(collection)
    if (at.seq < before) {
      this.#found(
        'M4',
        `Rows were answered as of entry ${at.seq}, behind entry ${before} that was read before.`,
      )
    }
    await this.#readExactly(at.seq)
    const expected = new Map<Key, object>(this.#folded.get(collection))
    const name = JSON.stringify(collection)
    for (const row of rows) {
      const key = decodeKey(row.key)
      const value = decodeValue(
        JSON.parse(row.value),
        row.notes === null ? undefined : JSON.parse(row.notes),
        AS_STORED,
      )
      if (!expected.has(key)) this.#found('M5', `Collection ${name}: row ${row.key} is not in the log.`)
      else if (!sameValue(expected.get(key), value)) {
        this.#found('M5', `Collection ${name}: row ${row.key} is not what the log makes of it.`)
      }
      expected.delete(key)
    }
    for (const key of expected.keys()) {
      this.#found('M5', `Collection ${name}: row ${JSON.stringify(key)} is missing.`)
    }
    this.rows += rows.length
    this.collections++
  }

  // What comes behind the rows' position must not be folded before they are compared.
  async #readExactly(seq: number): Promise<void> {
    while (this.#at.seq < seq) {
      const answer = await this.#daybook.journal.read(this.#at, seq - this.#at.seq)
      if ('trimmed' in answer || answer.entries.length === 0) return
      for (const entry of answer.entries) this.#take(entry)
    }
  }

  /** The newest transactions once more: each is answered with where it is. Answers how many were sent. */
  async sendAgain(): Promise<number> {
    for (const { origin, originSeq, parts, position } of this.#newest) {
      const transaction: Transaction = { origin, originSeq, parts }
      const answer = await this.#daybook.journal.append(transaction)
      if (answer.seq !== position.seq || answer.term !== position.term) {
        const [first, second] = [position.seq, answer.seq]
        this.#found(
          'L5',
          `Transaction ${originSeq} of origin ${origin} is entry ${first}; sent again, ${second}.`,
        )
      }
    }
    return this.#newest.length
  }

  #found(invariant: LogFinding['invariant'], message: string): void {
    this.findings.push({ invariant, message })
  }
}
