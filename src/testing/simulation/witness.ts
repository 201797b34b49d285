/** Reads what leaders and tabs say to each other, to know which branches were reached; changes nothing. */

import type { Announcement, Answer, Request } from '../../runtime/journal/protocol.js'
import type { Branches } from './branches.js'

/** Requests that are remembered until they are answered. */
const LIMIT = 5000

export class Witness {
  readonly #branches: Branches
  readonly #requests = new Map<string, Request>()
  /** The term that each leader has claimed. */
  readonly #terms = new Map<string, number>()
  readonly #answered = new Set<string>()
  readonly #onLeader: (leader: string) => void

  /** `onLeader` is told whenever a leader speaks. */
  constructor(branches: Branches, onLeader: (leader: string) => void) {
    this.#branches = branches
    this.#onLeader = onLeader
  }

  request(message: unknown): void {
    const request = message as Request
    if (typeof request?.method !== 'string') return
    if (this.#requests.size >= LIMIT) this.#requests.clear()
    this.#requests.set(`${request.from} ${request.id}`, request)
  }

  announced({ leader, head }: Announcement): void {
    // The first word of a leader is the position of its claim.
    if (!this.#terms.has(leader)) this.#terms.set(leader, head.term)
    this.#onLeader(leader)
  }

  answered({ to, id, leader, result }: Answer): void {
    const request = this.#requests.get(`${to} ${id}`)
    if (request === undefined) return
    if ('error' in result) {
      if (result.error.fields.code === 'DAYBOOK_FENCED')
        this.#branches.reached('an append of a deposed leader was fenced')
    } else if ('value' in result) {
      if (request.method === 'append') this.#appended(request, result.value as { term: number }, leader)
      else if (request.method === 'read')
        this.#read(result.value as { entries?: readonly unknown[]; trimmed?: unknown })
    }
  }

  #appended({ args }: Request, { term }: { term: number }, leader: string): void {
    const { origin, originSeq } = args[0] as { origin: string; originSeq: number }
    const transaction = `${origin} ${originSeq}`
    const before = this.#answered.has(transaction) || term < (this.#terms.get(leader) ?? 0)
    if (before) this.#branches.reached('a duplicate was answered with its first position')
    this.#answered.add(transaction)
  }

  #read({ entries = [], trimmed }: { entries?: readonly unknown[]; trimmed?: unknown }): void {
    if (trimmed !== undefined) this.#branches.reached('a tab reloaded after a trim')
    else if (entries.length > 0) this.#branches.reached('a tab caught up by reading the log')
  }
}
