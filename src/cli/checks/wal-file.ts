/**
 * Looking at the -wal beside a database, frame by frame: SQLite reads it up to the first frame that is not sound and says
 * nothing of those behind. What was acknowledged and stands there is lost without a word (L8).
 *
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */

import { closeSync, openSync, readSync, statSync } from 'node:fs'

const HEADER = 32
const FRAME_HEADER = 24
const MAGIC = 0x377f0682

export interface WalFacts {
  /** Frames that SQLite reads: through the last commit before anything that is not sound. */
  readonly frames: number
  /** What is damaged; nothing of a sound -wal. */
  readonly damage: string | undefined
  /** The -wal ends within a transaction: what was being written when the process ended, or a file that was cut. */
  readonly isCut: boolean
}

const NOTHING: WalFacts = { frames: 0, damage: undefined, isCut: false }

/** What the -wal of a database is like. */
export function lookAtWal(database: string): WalFacts {
  const path = `${database}-wal`
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size <= HEADER) return NOTHING
  const file = openSync(path, 'r')
  try {
    return look(file, size)
  } finally {
    closeSync(file)
  }
}

function look(file: number, size: number): WalFacts {
  const header = read(file, 0, HEADER)
  const isBig = header.readUInt32BE(0) === MAGIC + 1
  const pageSize = header.readUInt32BE(8)
  const sums = new Sums(isBig)
  sums.add(header.subarray(0, 24))
  const isHeader = (header.readUInt32BE(0) | 1) === MAGIC + 1 && isPageSize(pageSize) && sums.are(header, 24)
  if (!isHeader) {
    return {
      ...NOTHING,
      damage: `the header of the -wal is damaged, and SQLite reads none of its ${size} bytes`,
    }
  }
  const salt = header.subarray(16, 24)
  const frame = FRAME_HEADER + pageSize
  const count = Math.floor((size - HEADER) / frame)
  let committed = 0
  let sound = 0
  for (let number = 1; number <= count; number++) {
    const bytes = read(file, HEADER + (number - 1) * frame, frame)
    // Frames that were there before the -wal was begun anew have other salts, both of them.
    const isStale =
      !bytes.subarray(8, 12).equals(salt.subarray(0, 4)) && !bytes.subarray(12, 16).equals(salt.subarray(4))
    if (isStale) continue
    sums.add(bytes.subarray(0, 8))
    sums.add(bytes.subarray(FRAME_HEADER))
    const isSound = sound === number - 1 && bytes.subarray(8, 16).equals(salt) && sums.are(bytes, 16)
    if (!isSound) {
      const damage = `frame ${sound + 1} of the -wal is damaged, and SQLite reads none of the ${count - committed} behind ${committed}`
      return { frames: committed, damage, isCut: false }
    }
    sound = number
    if (bytes.readUInt32BE(4) > 0) committed = number
  }
  const rest = size - HEADER - count * frame
  return { frames: committed, damage: undefined, isCut: sound > committed || (rest > 0 && sound === count) }
}

const isPageSize = (size: number): boolean => size >= 512 && size <= 65_536 && (size & (size - 1)) === 0

function read(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(file, bytes, 0, length, at)
  return bytes
}

/** SQLite's running checksum over pairs of 32-bit words. */
class Sums {
  readonly #isBig: boolean
  #first = 0
  #second = 0

  constructor(isBig: boolean) {
    this.#isBig = isBig
  }

  add(bytes: Buffer): void {
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      const [left, right] = this.#isBig
        ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
        : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)]
      this.#first = (this.#first + left + this.#second) >>> 0
      this.#second = (this.#second + right + this.#first) >>> 0
    }
  }

  are(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#first && bytes.readUInt32BE(at + 4) === this.#second
  }
}
