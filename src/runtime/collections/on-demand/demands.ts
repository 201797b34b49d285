/**
 * The subsets of an on-demand collection that somebody needs from its source: this context's own, and those of others.
 *
 * The context that is the sync owner asks its source for all of them. Everybody else writes what it needs into the log,
 * among the collection's metadata, and the owner's answer comes back the same way, behind the rows. An owner begins with
 * a clean page: it deletes what was asked before, and whoever still needs something sees that and asks again. So nothing
 * is left of contexts that are gone.
 */

import { IR, type LoadSubsetOptions } from '@tanstack/db'
import type { Expression, Subset } from '../../../materializer/subset/subset.js'
import type { Cancel } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import { type Deferred, deferred } from '../../deferred.js'
import { answeredName, type CollectionMetadata, wantedName, wantedOf } from '../metadata.js'
import type { SourceSession } from '../synced/source-session.js'

/** How long the role of sync owner may take before another context is asked, in ms. */
const PATIENCE = 250

/** What stands under the name of a wanted subset: the question, then the answer. */
interface Wanted {
  readonly subset?: Subset
  readonly answered?: boolean
  readonly failed?: string
}

/** A subset that this context needs. */
interface Demand {
  readonly request: LoadSubsetOptions
  readonly subset: Subset
  /** Under which it is answered; nothing for one that cannot be written down. */
  readonly answeredName: string | undefined
  readonly answer: Deferred<void>
  /** The source has answered once: whoever asked waits no more. */
  isAnswered: boolean
}

/** A subset that other contexts need. */
interface Served {
  readonly request: LoadSubsetOptions
  readonly loaded: Promise<void>
  readonly by: Set<string>
}

export interface DemandsOptions {
  readonly id: string
  readonly internals: Internals
  readonly metadata: CollectionMetadata
  /** Takes the role of sync owner over. */
  readonly takeOver: () => Promise<unknown>
  /** The source failed for something that nobody waits for. */
  readonly onError: (error: unknown) => void
}

export class Demands {
  readonly #options: DemandsOptions
  readonly #demands = new Set<Demand>()
  readonly #served = new Map<string, Served>()
  #session: SourceSession | undefined
  /** Others may be asked. */
  #asksOthers = false
  #cancelPatience: Cancel | undefined

  constructor(options: DemandsOptions) {
    this.#options = options
  }

  /** Needs a subset from the source; resolves when the source has answered. */
  load(request: LoadSubsetOptions, subset: Subset): Promise<void> {
    const demand: Demand = {
      request,
      subset,
      answeredName: answeredName(subset),
      answer: deferred(),
      isAnswered: false,
    }
    this.#demands.add(demand)
    if (this.#session !== undefined) this.#askSource(demand, this.#session)
    else if (this.#asksOthers) this.#askOthers(demand)
    return demand.answer.promise
  }

  unload(request: LoadSubsetOptions): void {
    const demand = this.#find(request)
    if (demand === undefined) return
    this.#demands.delete(demand)
    demand.answer.resolve()
    if (this.#session !== undefined) this.#session.unloadSubset(request)
    else if (this.#asksOthers && !this.#needs(demand.answeredName)) this.#write(demand, undefined)
  }

  /** This context contends for the role of sync owner: when that takes long, somebody else has it. */
  contend(): void {
    this.#cancelPatience?.()
    this.#cancelPatience = this.#options.internals.clock.after(PATIENCE, () => {
      this.#asksOthers = true
      for (const demand of this.#demands) this.#askOthers(demand)
    })
  }

  /** The source runs here. */
  enter(session: SourceSession): void {
    this.#cancelPatience?.()
    this.#asksOthers = false
    this.#session = session
    for (const name of this.#options.metadata.names(wantedName())) session.note(name, undefined)
    for (const demand of this.#demands) {
      if (demand.request.signal?.aborted === true) this.#demands.delete(demand)
      else this.#askSource(demand, session)
    }
  }

  /** The source does not run here any more. */
  leave(): void {
    this.#session = undefined
    this.#served.clear()
    this.contend()
  }

  /** Nothing is needed any more. */
  stop(): void {
    this.#session = undefined
    this.#cancelPatience?.()
    const gone = new DOMException('The collection was cleaned up.', 'AbortError')
    for (const demand of this.#demands) {
      demand.answer.reject(gone)
      if (this.#asksOthers) this.#write(demand, undefined)
    }
    this.#demands.clear()
  }

  /** Metadata of the collection, from the log. */
  state(name: string, value: unknown): void {
    const wanted = wantedOf(name)
    if (wanted === undefined) return
    const { by, digest } = wanted
    const isOwn = by === this.#options.internals.origin
    if (this.#session !== undefined && !isOwn) this.#serve(by, digest, value as Wanted | undefined)
    else if (this.#session === undefined && isOwn) this.#hear(digest, value as Wanted | undefined)
  }

  #askSource(demand: Demand, session: SourceSession): void {
    const { answer, request, answeredName: name } = demand
    session.loadSubset(request).then(
      () => {
        if (this.#session !== session || !this.#demands.has(demand)) return
        if (name !== undefined && this.#options.metadata.get(name) !== true) session.note(name, true)
        demand.isAnswered = true
        answer.resolve()
      },
      (error: unknown) => {
        // Another owner, or the next session, answers.
        if (this.#session === session) this.#failed(demand, error)
      },
    )
  }

  #failed(demand: Demand, error: unknown): void {
    if (demand.isAnswered) this.#options.onError(error)
    else demand.answer.reject(error)
  }

  #askOthers(demand: Demand): void {
    if (demand.answeredName !== undefined) this.#write(demand, { subset: demand.subset })
    // What cannot be written down can only be asked here.
    else this.#options.takeOver().catch((error: unknown) => this.#failed(demand, error))
  }

  #write(demand: Demand, value: Wanted | undefined): void {
    const { answeredName: name } = demand
    if (name === undefined) return
    const { internals, id: collection } = this.#options
    const asked = internals.pending.run(
      async () =>
        internals.writer.send(
          internals.codec.encodeOps([
            { op: 'state', collection, name: wantedName(internals.origin, name), value },
          ]),
        ).kept,
    )
    asked.catch((error: unknown) => this.#failed(demand, error))
  }

  #hear(digest: string, value: Wanted | undefined): void {
    for (const demand of this.#demands) {
      if (demand.answeredName !== digest) continue
      if (value === undefined) this.#askOthers(demand)
      else if (value.failed !== undefined) this.#failed(demand, new Error(value.failed))
      else if (value.answered === true) {
        demand.isAnswered = true
        demand.answer.resolve()
      }
    }
  }

  #serve(by: string, digest: string, value: Wanted | undefined): void {
    if (value?.subset !== undefined) this.#begin(by, digest, value.subset)
    else if (value === undefined) this.#end(by, digest)
  }

  #begin(by: string, digest: string, subset: Subset): void {
    const session = this.#session as SourceSession
    let served = this.#served.get(digest)
    if (served === undefined) {
      const request = requestOf(subset)
      served = { request, loaded: session.loadSubset(request), by: new Set() }
      this.#served.set(digest, served)
    }
    const { loaded } = served
    served.by.add(by)
    const answer = (value: Wanted): void => {
      if (this.#session === session && this.#served.get(digest)?.by.has(by) === true)
        session.note(wantedName(by, digest), value)
    }
    loaded.then(
      () => {
        if (this.#session === session && this.#options.metadata.get(digest) !== true)
          session.note(digest, true)
        answer({ answered: true })
      },
      (error: unknown) => {
        // The next one that asks has it tried again.
        this.#served.delete(digest)
        if (this.#session === session) session.note(wantedName(by, digest), { failed: String(error) })
      },
    )
  }

  #end(by: string, digest: string): void {
    const served = this.#served.get(digest)
    served?.by.delete(by)
    if (served?.by.size !== 0) return
    this.#served.delete(digest)
    this.#session?.unloadSubset(served.request)
  }

  // Core unloads with what it loaded with.
  #find(request: LoadSubsetOptions): Demand | undefined {
    for (const demand of this.#demands) if (demand.request === request) return demand
    return undefined
  }

  #needs(name: string | undefined): boolean {
    for (const demand of this.#demands) if (demand.answeredName === name) return true
    return false
  }
}

/** What a source is asked, from a subset that came as plain data: adapters may look at the classes of expressions. */
function requestOf({ where, orderBy, cursor, ...page }: Subset): LoadSubsetOptions {
  return {
    ...page,
    ...(where && { where: expressionOf(where) }),
    ...(orderBy && {
      orderBy: orderBy.map((term) => ({ ...term, expression: expressionOf(term.expression) })),
    }),
    ...(cursor && {
      cursor: {
        whereFrom: expressionOf(cursor.whereFrom),
        whereCurrent: expressionOf(cursor.whereCurrent),
      },
    }),
  } as LoadSubsetOptions
}

function expressionOf(expression: Expression): IR.BasicExpression {
  switch (expression.type) {
    case 'ref':
      return new IR.PropRef([...expression.path])
    case 'func':
      return new IR.Func(expression.name, expression.args.map(expressionOf))
    default:
      return new IR.Value(expression.value)
  }
}
