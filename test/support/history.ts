/** What a test asked a journal to do, and what the log must therefore hold. */

import { expect } from 'vitest'
import type { Entry, Position, Requirement, Transaction } from '../../src/log/entry.js'
import { encodeOps, type Op } from '../../src/log/op.js'
import { difference, fold, readModel } from './model.js'
import { readAll, type Session, transaction } from './open.js'

export interface Asked {
  readonly ops: readonly Op[]
  readonly transaction: Transaction
  /** The answer of the journal, once it has resolved. */
  acknowledged?: Position
}

/** Transactions of one origin, with the answers that they got. */
export class History {
  readonly asked: Asked[] = []
  readonly origin: string

  constructor(origin = 'tester') {
    this.origin = origin
  }

  /** A new transaction; send it with {@link send}. */
  make(ops: readonly Op[], requires?: readonly Requirement[]): Asked {
    const made = transaction(this.origin, this.asked.length + 1, ops)
    return this.#add(ops, requires === undefined ? made : { ...made, requires })
  }

  /** A new transaction with a part for each op: in every way like a large one, only small. */
  makeInParts(ops: readonly Op[], requires: readonly Requirement[] = []): Asked {
    const parts = ops.flatMap((op) => encodeOps([op]))
    return this.#add(ops, { origin: this.origin, originSeq: this.asked.length + 1, parts, requires })
  }

  #add(ops: readonly Op[], made: Transaction): Asked {
    const asked: Asked = { ops, transaction: made }
    this.asked.push(asked)
    return asked
  }

  /** The same history, to be continued by itself. */
  copy(): History {
    const copy = new History(this.origin)
    for (const asked of this.asked) copy.asked.push({ ...asked })
    return copy
  }

  /** Sends a transaction, for the first time or again; every answer must be the same one. */
  async send(session: Pick<Session, 'journal'>, asked: Asked): Promise<Position> {
    const position = await session.journal.append(asked.transaction)
    if (asked.acknowledged !== undefined) expect(position).toEqual(asked.acknowledged)
    asked.acknowledged = position
    return position
  }

  readonly opsOf = (origin: string, originSeq: number): readonly Op[] => {
    const asked = origin === this.origin ? this.asked[originSeq - 1] : undefined
    if (asked === undefined) throw new Error(`nobody made transaction ${originSeq} of ${origin}`)
    return asked.ops
  }

  /** Every acknowledged transaction is in the log once, at its position; an unacknowledged one at most once; all whole. */
  check(entries: readonly Entry[]): void {
    for (const { transaction: made, acknowledged } of this.asked) {
      const found = entries.filter(
        ({ origin, originSeq }) => origin === made.origin && originSeq === made.originSeq,
      )
      expect(found.length, `copies of transaction ${made.originSeq}`).toBeLessThanOrEqual(1)
      const [entry] = found
      if (acknowledged !== undefined) expect(entry?.position).toEqual(acknowledged)
      if (entry !== undefined) expect(entry.parts).toEqual(made.parts)
    }
  }
}

/**
 * Everything that must hold of a whole database (nothing trimmed) after whatever has happened to it: the log verifies
 * clean, holds what was acknowledged, and the rows are its fold.
 */
export async function checkDatabase(session: Session, history: History): Promise<Entry[]> {
  const entries = await readAll(session)
  history.check(entries)
  const { findings } = await session.maintenance.verify()
  expect(findings).toEqual([])
  expect(difference(await readModel(session), fold(entries, history.opsOf))).toBeUndefined()
  expect(session.errors).toEqual([])
  return entries
}
