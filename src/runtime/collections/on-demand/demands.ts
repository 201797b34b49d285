/**
 * The subsets that this context needs from the source of an on-demand collection. The source itself is asked where it
 * runs here, else the context in which it runs.
 */

import type { LoadSubsetOptions } from '@tanstack/db'
import { ClosedError } from '../../../errors.js'
import type { Cancel } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import { type Deferred, deferred } from '../../deferred.js'
import type { AnsweredSubsets } from './answered-subsets.js'
import { Asking } from './asking.js'
import { Serving } from './serving.js'
import { subsetDigest } from './subset-digest.js'
import type { SubsetRequest } from './subset-request.js'

/** How long the role of sync owner may take before another context is asked, in ms. */
const PATIENCE = 250

interface Demand {
  readonly request: SubsetRequest
  /** Nothing for a subset that cannot be written down. */
  readonly digest: string | undefined
  readonly answer: Deferred<void>
  /** Its rows on disk are in memory, so that the source may be asked. */
  isReadFromDisk: boolean
  /** The source has answered once: whoever asked waits no more. */
  isAnswered: boolean
  /** Another context was asked. */
  isAsked: boolean
}

/** The source, where it runs here. */
export interface AskedSource {
  /** Resolves when the rows of the subset are in memory. */
  loadSubset(request: SubsetRequest): Promise<void>
  unloadSubset(options: LoadSubsetOptions): void
  /** Resolves when what it has said is kept. */
  settled(): Promise<void>
}

export interface DemandsOptions {
  readonly id: string
  readonly internals: Internals
  readonly answered: AnsweredSubsets
  /** Takes the role of sync owner over. */
  readonly takeOver: () => Promise<unknown>
  /** Reads what another context wants from disk, and on; ends it. */
  readonly want: (request: LoadSubsetOptions) => Promise<SubsetRequest>
  readonly unwant: (request: LoadSubsetOptions) => void
  /** The source failed for something that nobody waits for. */
  readonly onError: (error: unknown) => void
}

export class Demands {
  readonly #options: DemandsOptions
  readonly #demands = new Set<Demand>()
  readonly #asking: Asking
  #session: AskedSource | undefined
  #serving: Serving | undefined
  /** Others may be asked. */
  #asksOthers = false
  #cancelPatience: Cancel | undefined

  constructor(options: DemandsOptions) {
    this.#options = options
    this.#asking = new Asking(options.id, options.internals)
  }

  /** Whether other contexts need the source that runs here. */
  get isServing(): boolean {
    return this.#serving?.isNeeded === true
  }

  /** Needs a subset from the source, once its rows on disk are there. */
  want(request: SubsetRequest): void {
    this.#demands.add({
      request,
      digest: subsetDigest(request.subset, this.#options.internals.codec.codecs),
      answer: deferred(),
      isReadFromDisk: false,
      isAnswered: false,
      isAsked: false,
    })
  }

  /** Whether the source has answered the same once, now or at an earlier start. */
  isAnswered(request: SubsetRequest): boolean {
    return this.#options.answered.has(this.#find(request.options)?.digest)
  }

  /** Its rows on disk are in memory: asks the source. Resolves when that has answered. */
  load(request: SubsetRequest): Promise<void> {
    const demand = this.#find(request.options)
    if (demand === undefined) return Promise.resolve()
    demand.isReadFromDisk = true
    if (this.#session !== undefined) this.#askSource(demand, this.#session)
    else if (this.#asksOthers) this.#askOthers(demand)
    return demand.answer.promise
  }

  unload(options: LoadSubsetOptions): void {
    const demand = this.#find(options)
    if (demand === undefined) return
    this.#demands.delete(demand)
    demand.answer.resolve()
    if (demand.isAsked) this.#asking.drop(demand.digest as string)
    if (demand.isReadFromDisk) this.#session?.unloadSubset(options)
  }

  /** This context contends for the role of sync owner: when that takes long, somebody else has it. */
  contend(): void {
    this.#cancelPatience?.()
    this.#cancelPatience = this.#options.internals.clock.after(PATIENCE, () => {
      this.#asksOthers = true
      for (const demand of this.#demands) if (demand.isReadFromDisk) this.#askOthers(demand)
    })
  }

  /** The source runs here. */
  enter(session: AskedSource): void {
    this.#cancelPatience?.()
    this.#asksOthers = false
    this.#session = session
    this.#asking.stop()
    for (const demand of this.#demands) {
      demand.isAsked = false
      if (demand.isReadFromDisk) this.#askSource(demand, session)
    }
    const { id, internals, want, unwant } = this.#options
    this.#serving = new Serving({
      collection: id,
      internals,
      load: async (request, digest, isWanted) => {
        await session.loadSubset(await want(request))
        // A source that is stopped answers without rows.
        if (this.#session !== session || !isWanted()) throw new ClosedError()
        this.#options.answered.answered(digest)
        await session.settled()
        return (await internals.journal.head()).seq
      },
      unload: (request) => {
        unwant(request)
        session.unloadSubset(request)
      },
    })
  }

  /** The source does not run here any more. */
  leave(): void {
    this.#session = undefined
    this.#serving?.stop()
    this.#serving = undefined
    this.contend()
  }

  /** The source could not be started: whoever waits for it is told. */
  fail(error: unknown): void {
    for (const demand of this.#demands) if (!demand.isAnswered) demand.answer.reject(error)
  }

  /** Nothing is needed any more. */
  stop(): void {
    this.#session = undefined
    this.#cancelPatience?.()
    this.#serving?.stop()
    this.#asking.stop()
    for (const demand of this.#demands) demand.answer.resolve()
    this.#demands.clear()
  }

  #askSource(demand: Demand, session: AskedSource): void {
    const { answer, request, digest } = demand
    session.loadSubset(request).then(
      () => {
        if (this.#session !== session || !this.#demands.has(demand)) return
        if (digest !== undefined) this.#options.answered.answered(digest)
        demand.isAnswered = true
        answer.resolve()
      },
      (error: unknown) => {
        // Another owner, or the next session, answers.
        if (this.#session === session && this.#demands.has(demand)) this.#failed(demand, error)
      },
    )
  }

  #failed(demand: Demand, error: unknown): void {
    if (demand.isAnswered) this.#options.onError(error)
    else demand.answer.reject(error)
  }

  #askOthers(demand: Demand): void {
    const { digest, request } = demand
    if (digest === undefined) {
      // What cannot be written down can only be asked here.
      this.#options.takeOver().catch((error: unknown) => this.#failed(demand, error))
      return
    }
    if (demand.isAsked) return
    demand.isAsked = true
    this.#asking.want(digest, request.subset, request.options.refetch === true).then(
      () => {
        if (!this.#demands.has(demand) || !demand.isAsked) return
        demand.isAnswered = true
        demand.answer.resolve()
      },
      (error: unknown) => {
        if (this.#demands.has(demand)) this.#failed(demand, error)
      },
    )
  }

  // Core unloads with what it loaded with.
  #find(options: LoadSubsetOptions): Demand | undefined {
    for (const demand of this.#demands) if (demand.request.options === options) return demand
    return undefined
  }
}
