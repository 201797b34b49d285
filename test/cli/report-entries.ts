/** Logs for reports, made in memory. */

import type { Entry, EntryKind } from '../../src/log/entry.js'
import { encodeOps, type Op } from '../../src/log/op.js'
import type { Scanned } from '../../src/log/scan.js'

export interface EntryOptions {
  readonly term?: number
  readonly kind?: EntryKind
  readonly origin?: string
  readonly committedAt?: number
}

/** An entry with these ops. */
export function scanned(seq: number, ops: readonly Op[], options: EntryOptions = {}): Scanned {
  const { term = 1, kind = 'tx', origin = 'AAAAAAAAAAAAAAAA', committedAt = 1.7e12 + seq * 60_000 } = options
  const entry: Entry = {
    position: { term, seq },
    kind,
    origin,
    originSeq: seq,
    committedAt,
    format: 1,
    parts: kind === 'term' ? ['[]'] : encodeOps(ops),
    checksum: '0000000000000000',
  }
  return { seq, entry, damage: undefined }
}

/** Numbers that look random and are the same each time. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A log of an app with several collections, origins and terms, as it could have been. */
export function* randomLog(entries: number, seed = 1): Generator<Scanned> {
  const random = randomNumbers(seed)
  const collections = ['issues', 'comments', 'users', 'labels', 'drafts', 'settings']
  const words = ['sync', 'offline', 'a slow query', 'dark mode', 'the export', 'an empty list', 'login']
  let [term, committedAt] = [1, 1.7e12]
  for (let seq = 1; seq <= entries; seq++) {
    committedAt += random(20) === 0 ? random(7_200_000) : random(60_000)
    if (seq > 1 && random(Math.ceil(entries / 6)) === 0) {
      term++
      yield scanned(seq, [], { term, kind: 'term', origin: `origin-${random(4)}`, committedAt })
      continue
    }
    const collection = collections[Math.min(random(6), random(6))] as string
    const ops: Op[] = []
    for (let op = random(12) === 0 ? random(60) : random(3); op >= 0; op--) {
      const key = random(4) === 0 ? `note-${random(40)}` : random(120)
      const title = `Fix ${words[random(7)]}`
      const kind = random(10)
      if (kind < 5) {
        const value = { id: key, title, done: random(2) === 0, due: new Date(committedAt), votes: random(90) }
        ops.push({ op: 'put', collection, key, value })
      } else if (kind < 8)
        ops.push({
          op: 'patch',
          collection,
          key,
          fields: { title, votes: random(90) },
          unset: random(5) === 0 ? ['due'] : [],
        })
      else if (kind < 9) ops.push({ op: 'delete', collection, key })
      else if (random(40) === 0) ops.push({ op: 'truncate', collection })
      else ops.push({ op: 'meta', collection, key, value: { etag: random(1000) } })
    }
    yield scanned(seq, ops, { term, origin: `origin-${random(4)}`, committedAt })
  }
}
