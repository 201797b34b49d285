/**
 * The leader's side of a channel: carries out the calls of all contexts on the journal that has the database.
 *
 * Keeps nothing but the calls under way and the large answers that are being fetched; everything else is in the log. What
 * a context sends is checked here and by the journal; a wrong message gets an error and harms nobody.
 */

import { DestroyedError, ProtocolError, UnsupportedError } from '../../errors.js'
import type { Key } from '../../values/key.js'
import type { Cancel, Clock } from '../clock.js'
import type { Said } from './board.js'
import type { CompactOptions, MaintenanceCalls, OpenJournal } from './calls.js'
import type { Hub } from './channel.js'
import type { Entry, IndexChanges, Position, Subset, Transaction, Unsubscribe } from './journal.js'
import { cut } from './pieces.js'
import {
  type Announcement,
  type Answer,
  isPosition,
  isRequest,
  PROTOCOL,
  type Request,
  senderOf,
} from './protocol.js'
import type { SeqRange } from './redactions.js'
import { toWire } from './wire-error.js'

/** How many calls of one context are carried out at a time. */
const CALLS_LIMIT = 1000

/** How long a large answer is kept for a context that does not ask for the next piece, in ms. */
const KEPT = 30_000

/** Entries above this size, in UTF-16 code units, are announced by their position only. */
const ANNOUNCED = 1 << 16

type Reply = (answer: Answer) => void

export interface ServerParts {
  /** The id of the context that leads. */
  readonly id: string
  readonly journal: OpenJournal
  readonly maintenance: MaintenanceCalls
  readonly hub: Hub
  readonly clock: Clock
  /** The term that this leader has claimed: what it appends carries it. */
  readonly claimed: Position
  readonly onError: (error: unknown) => void
  /** Removes the database, when the journal is closed; left out where it is not this leader's to remove. */
  readonly destroy?: () => Promise<void>
}

export class Server {
  readonly #parts: ServerParts
  readonly #unsubscribes: readonly Unsubscribe[]
  /** The last position that was told. */
  #head: Position
  /** Calls under way, by context. */
  readonly #underWay = new Map<string, Set<number>>()
  /** Large answers that are being fetched. */
  readonly #answers = new Map<string, { readonly pieces: readonly unknown[]; cancel: Cancel }>()
  #closed = false
  #destroying: Promise<void> | undefined

  /** Serves from now on, and tells all. */
  constructor(parts: ServerParts) {
    this.#parts = parts
    const { hub, journal, claimed } = parts
    hub.listen((message, reply) => this.#receive(message, reply))
    this.#head = claimed
    this.#unsubscribes = [
      journal.subscribe((entries) => this.#announce(entries)),
      journal.onNotice(() => this.#tell(this.#head, [], true)),
    ]
    this.#tell(claimed, [])
  }

  /** Answers nothing more. */
  close(): void {
    this.#closed = true
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    for (const { cancel } of this.#answers.values()) cancel()
    this.#answers.clear()
    this.#parts.hub.close()
  }

  #announce(entries: readonly Entry[]): void {
    const last = entries.at(-1)
    if (last === undefined) return
    const size = entries.reduce(
      (sum, { parts }) => sum + parts.reduce((all, part) => all + part.length, 0),
      0,
    )
    this.#tell(last.position, size > ANNOUNCED ? [] : entries)
  }

  #tell(head: Position, entries: readonly Entry[], notices = false): void {
    this.#head = head
    this.#announceThat({ head, entries, ...(notices && { notices }) })
  }

  #announceThat(news: Omit<Announcement, 'daybook' | 'leader' | 'log'>): void {
    const { hub, id: leader } = this.#parts
    hub.announce({ daybook: PROTOCOL, leader, ...news, ...this.#log })
  }

  /** Which log it is. */
  get #log(): { readonly log?: string } {
    const { log } = this.#parts.journal
    return log === undefined ? {} : { log }
  }

  #receive(message: unknown, reply: Reply): void {
    if (this.#closed) return
    if (isRequest(message)) {
      this.#serve(message, reply)
      return
    }
    const sender = senderOf(message)
    // A context of another version understands this much: it is to it, and of our version.
    if (sender !== undefined) {
      this.#reply(sender, reply, { error: toWire(new ProtocolError('it is not a request of this version')) })
    }
  }

  #serve(request: Request, reply: Reply): void {
    const { from, id, piece } = request
    const key = `${from} ${id}`
    const answer = this.#answers.get(key)
    if (answer !== undefined) this.#sendPiece(request, reply, answer.pieces)
    else if (piece > 0) this.#reply(request, reply, { forgotten: true })
    else this.#carryOut(request, reply, key).catch(this.#parts.onError)
  }

  async #carryOut(request: Request, reply: Reply, key: string): Promise<void> {
    const { from, id } = request
    const calls = this.#underWay.get(from) ?? new Set()
    // A repeat of a call that is being carried out: its answer is on the way.
    if (calls.has(id)) return
    if (calls.size >= CALLS_LIMIT) {
      const error = new ProtocolError(`more than ${CALLS_LIMIT} calls of this context are under way`)
      this.#reply(request, reply, { error: toWire(error) })
      return
    }
    this.#underWay.set(from, calls.add(id))
    try {
      const pieces = cut(request.method, await this.#call(request))
      if (this.#closed) return
      if (pieces.length === 1) this.#reply(request, reply, { value: pieces[0] })
      else {
        this.#answers.set(key, { pieces, cancel: () => undefined })
        this.#sendPiece(request, reply, pieces)
      }
    } catch (error) {
      this.#reply(request, reply, { error: toWire(error) })
    } finally {
      calls.delete(id)
      if (calls.size === 0) this.#underWay.delete(from)
    }
  }

  #call({ method, args, log }: Request): Promise<unknown> {
    const { journal, maintenance, claimed } = this.#parts
    const [first, second] = args
    if (log !== undefined && journal.log !== undefined && log !== journal.log) throw new DestroyedError()
    switch (method) {
      case 'append':
        return journal.append({ ...(first as Transaction), term: claimed.term })
      case 'read':
        if (!isPosition(first)) throw new ProtocolError('a position is missing')
        return journal.read(first, second === undefined ? undefined : Math.max(1, Number(second) || 1))
      case 'query':
        return journal.query(textOf(first), (second ?? undefined) as Subset | undefined)
      case 'index':
        return journal.index(textOf(first), second as IndexChanges)
      case 'head':
        return journal.head()
      case 'notify':
        return journal.notify(textOf(first), numberOf(second), saidIn(args[2]))
      case 'silence':
        return journal.silence(textOf(first))
      case 'notices':
        return journal.notices(textOf(first))
      case 'compact':
        return journal.compact((first ?? undefined) as CompactOptions | undefined)
      case 'planRedaction':
      case 'redact':
        return maintenance[method](first as SeqRange)
      case 'forget':
        return maintenance.forget(textOf(first), second as readonly Key[])
      case 'destroy':
        return this.#destroy(first === undefined ? undefined : textOf(first))
      default:
        return maintenance[method]()
    }
  }

  /** Answers when the database is gone; one of another log than the one that is meant has gone before. */
  async #destroy(log: string | undefined): Promise<void> {
    const { journal, destroy } = this.#parts
    if (destroy === undefined)
      throw new UnsupportedError('The context that has the database open cannot remove it.')
    if (log !== undefined && log !== journal.log) return
    await journal.close(new DestroyedError())
    this.#destroying ??= destroy()
    await this.#destroying
    this.#announceThat({ head: this.#head, entries: [], destroyed: true })
  }

  #sendPiece(request: Request, reply: Reply, pieces: readonly unknown[]): void {
    const { from, id, piece } = request
    const key = `${from} ${id}`
    this.#answers.get(key)?.cancel()
    const last = piece >= pieces.length - 1
    this.#reply(request, reply, { piece, value: pieces[piece], last })
    // The last one may be lost as well.
    const cancel = this.#parts.clock.after(KEPT, () => this.#answers.delete(key))
    this.#answers.set(key, { pieces, cancel })
  }

  #reply({ from, id }: { from: string; id: number }, reply: Reply, result: Answer['result']): void {
    if (this.#closed) return
    reply({ daybook: PROTOCOL, to: from, id, leader: this.#parts.id, result, ...this.#log })
  }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new ProtocolError('a text is missing')
  return value
}

function numberOf(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new ProtocolError('a number is missing')
  return value as number
}

function saidIn(value: unknown): Said {
  if (!Array.isArray(value)) throw new ProtocolError('what is said is missing')
  return value.map((each: unknown) => {
    const [topic, said] = Array.isArray(each) ? (each as unknown[]) : []
    return [textOf(topic), said === null ? null : textOf(said)] as const
  })
}
