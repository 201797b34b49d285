/** Transactions as `journal.append` takes them. */

import { encodeOps, type Op, type Transaction } from 'daybook'
import { COLLECTION, type Todo, todo } from './rows.js'

const putOf = (row: Todo): Op => ({ op: 'put', collection: COLLECTION, key: row.id, value: row })

/** A transaction of one row. Encoding it is part of every append that is measured. */
export const transactionOf = (origin: string, originSeq: number, row: Todo): Transaction => ({
  origin,
  originSeq,
  parts: encodeOps([putOf(row)]),
})

/** The body of that transaction, made with nothing but JSON.stringify: what the floor inserts. */
export const bodyOf = (row: Todo): string => JSON.stringify([['put', COLLECTION, row.id, row]])

/** @throws when the floor would insert other bytes than daybook */
export function checkSameBytes(): void {
  const { parts } = transactionOf('bench', 1, todo(1))
  if (parts.length !== 1 || parts[0] !== bodyOf(todo(1))) throw new Error('The floor inserts other bytes.')
}
