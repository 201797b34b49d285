/** What a log is made of: counted entry by entry, in bounded memory however long it is. */

import { type Entry, formatPosition } from '../../log/entry.js'
import type { Scanned } from '../../log/scan.js'
import { encodeKey } from '../../values/key.js'
import { bytesOf, opsOf } from '../entries/changes.js'
import { whatItDoes } from '../entries/entry-line.js'
import { Top } from './top.js'

/** Counters for keys, origins and hours: more of them and the rarest are given up. */
const COUNTERS = 5000
const LARGEST = 10
const HOUR = 3_600_000

export interface Amount {
  readonly name: string
  readonly entries: number
  readonly bytes: number
}

export class Statistics {
  entries = 0
  bytes = 0
  damaged = 0
  readonly #kinds = new Amounts()
  readonly #collections = new Amounts()
  readonly #origins = new Amounts()
  readonly #hours = new Amounts()
  readonly #keys = new Top(COUNTERS)
  #largest: { readonly entry: Entry; readonly bytes: number }[] = []

  add({ entry, damage }: Scanned): void {
    if (damage !== undefined) this.damaged++
    if (entry === undefined) return
    const bytes = bytesOf(entry)
    this.entries++
    this.bytes += bytes
    this.#kinds.add(entry.kind, bytes)
    this.#origins.add(entry.origin, bytes)
    this.#hours.add(hourOf(entry.committedAt), bytes)
    const ops = opsOf(entry)
    const touched = new Map<string, number>()
    for (const op of ops) {
      touched.set(op[1], (touched.get(op[1]) ?? 0) + 1)
      if (op[0] === 'put' || op[0] === 'patch' || op[0] === 'delete' || op[0] === 'meta') {
        this.#keys.add(JSON.stringify([op[1], encodeKey(op[2])]))
      }
    }
    // An entry's bytes are shared out among its collections by the number of their ops.
    for (const [collection, count] of touched) this.#collections.add(collection, (bytes * count) / ops.length)
    if (this.#largest.length < LARGEST || bytes > (this.#largest.at(-1)?.bytes ?? 0)) {
      this.#largest = [...this.#largest, { entry, bytes }].sort((a, b) => b.bytes - a.bytes).slice(0, LARGEST)
    }
  }

  facts(top: number) {
    const keys = this.#keys.top(top)
    return {
      entries: this.entries,
      bytes: this.bytes,
      damaged: this.damaged,
      kinds: this.#kinds.list(top),
      collections: this.#collections.list(top),
      origins: this.#origins.list(top),
      hours: this.#hours
        .list(Number.MAX_SAFE_INTEGER)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .slice(-top),
      largest: this.#largest.map(({ entry, bytes }) => ({
        position: formatPosition(entry.position),
        kind: entry.kind,
        bytes,
        what: whatItDoes(entry),
      })),
      hotKeys: keys.items.map(([thing, ops]) => {
        const [collection, key] = JSON.parse(thing) as [string, string]
        return { collection, key: JSON.parse(key) as string | number, ops }
      }),
      hotKeysTooHighBy: keys.tooHighBy,
    }
  }
}

/** Entries and bytes by name; of more names than there are counters the rest is one. */
class Amounts {
  readonly #amounts = new Map<string, { entries: number; bytes: number }>()

  add(name: string, bytes: number): void {
    const own = this.#amounts.has(name) || this.#amounts.size < COUNTERS ? name : '(others)'
    const amount = this.#amounts.get(own) ?? { entries: 0, bytes: 0 }
    this.#amounts.set(own, amount)
    amount.entries++
    amount.bytes += bytes
  }

  list(top: number): Amount[] {
    return Array.from(this.#amounts, ([name, { entries, bytes }]) => ({
      name,
      entries,
      bytes: Math.round(bytes),
    }))
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, top)
  }
}

const hourOf = (ms: number): string => {
  const date = new Date(Math.floor(ms / HOUR) * HOUR)
  return Number.isNaN(date.getTime()) ? 'no time' : `${date.toISOString().slice(0, 13)}:00Z`
}
