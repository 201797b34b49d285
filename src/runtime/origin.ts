/** The maker of transactions: one open daybook handle, with its own counter. */

import type { Maker, Requirement, Transaction } from '../log/entry.js'

export class Origin {
  /** Random, made anew for each handle: 16 characters, 96 bits. */
  readonly id: string
  #seq = 0

  constructor(id: string = randomId()) {
    this.id = id
  }

  /**
   * The next transaction of this origin, from its body. Send it again unchanged as often as needed: it is appended once.
   * The body comes first, so that a value that is refused leaves no gap in the counter.
   */
  transaction(parts: readonly string[], requires?: readonly Requirement[]): Transaction {
    const transaction = { origin: this.id, originSeq: ++this.#seq, parts }
    return requires === undefined ? transaction : { ...transaction, requires }
  }

  /** A number for a control entry of this origin. */
  next(): number {
    return ++this.#seq
  }
}

/** What an entry of the log's own says of who made it and when. */
export const makerOf = (origin: Origin, committedAt: number): Maker => ({
  origin: origin.id,
  nextOriginSeq: () => origin.next(),
  committedAt,
})

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** 96 random bits as 16 characters of base64url. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => ALPHABET[byte % 64]).join('')
}
