/** The sync config of a synced collection: the source's own, with a run of ours around each of its runs. */

import {
  type LoadSubsetOptions,
  type SyncConfig,
  withCollectionSyncConfigCleanup,
  withCollectionSyncConfigFactory,
} from '@tanstack/db'
import type { Key } from '../../../values/key.js'
import type { SyncParams } from '../core-state.js'
import { markSynced } from '../synced-mark.js'
import { isQuerySource, QUERY_UTILITIES } from './adapters/detect.js'
import type { SyncedOptions, SyncedRun } from './synced-run.js'

type Config = SyncConfig<object, Key>

/** Hooks of a source: how it is bound to one collection, and what ends the binding. */
const FACTORY = Symbol.for('@tanstack/db.collectionSyncConfig.factory')
const CLEANUP = Symbol.for('@tanstack/db.collectionSyncConfig.cleanup')
interface Hooks {
  readonly [FACTORY]?: (source: Config, utilities: object, startSyncIfIdle: () => void) => Config
  readonly [CLEANUP]?: () => void
}

export function syncedSync(options: SyncedOptions): Config {
  const runs = new Runs(options)
  const wrapped = around(runs)
  const bind = (options.source as Hooks)[FACTORY]
  if (bind === undefined) return wrapped
  return withCollectionSyncConfigFactory<Config>(wrapped, (config, utilities, startSyncIfIdle) => {
    // Somebody has wrapped it once more, and is to stay outside.
    if (config.sync !== wrapped.sync) return bind(config, utilities, startSyncIfIdle)
    // The source is bound inside: it knows its collection by the view that we give it.
    const source = bind(options.source, utilities, startSyncIfIdle)
    const bound = new Runs({ ...options, source, unbound: options.source })
    if (isQuerySource(options)) runUtilitiesWhereSourceRuns(utilities as Utilities, bound, startSyncIfIdle)
    return withCollectionSyncConfigCleanup(around(bound), () => (source as Hooks)[CLEANUP]?.())
  })
}

const around = (runs: Runs): Config =>
  markSynced({
    // Spread: adapters keep hooks of their own on it.
    ...runs.options.source,
    // Rows are handed to core whole, whatever the source does.
    rowUpdateMode: 'full',
    sync: (params) => {
      const run = runs.begin(params)
      const { cleanup } = run
      if (!runs.options.onDemand) return { cleanup }
      return {
        cleanup,
        loadSubset: (request) => run.loadSubset(request),
        unloadSubset: (request) => run.unloadSubset(request),
      }
    },
  } satisfies Config)

/** The runs of one collection, one after the other. */
class Runs {
  readonly options: SyncedOptions
  latest: BegunRun | undefined

  constructor(options: SyncedOptions) {
    this.options = options
  }

  begin(core: SyncParams<object, Key>): BegunRun {
    this.latest = new BegunRun(this.options, core)
    runsOf.set(core.collection, this.latest)
    return this.latest
  }
}

/** What runs synced collections: loaded by the first one that starts, for a page that has none does not download it. */
let loadedModule: typeof import('./synced-run.js') | undefined

/** Loads it before. The next runs begin at once. */
export async function loadSyncedRuns(): Promise<typeof import('./synced-run.js')> {
  loadedModule ??= await import('./synced-run.js')
  return loadedModule
}

/** A run from its beginning: until its code is loaded, everything waits. Nothing runs when it is stopped before. */
class BegunRun {
  #run: SyncedRun | undefined
  #isStopped = false
  readonly #loaded: Promise<SyncedRun | undefined>

  constructor(options: SyncedOptions, core: SyncParams<object, Key>) {
    const { readiness } = options
    readiness.begin()
    if (loadedModule !== undefined) this.#run = new loadedModule.SyncedRun(options, core)
    this.#loaded = this.#run === undefined ? this.#load(options, core) : Promise.resolve(this.#run)
  }

  loadSubset(request: LoadSubsetOptions): true | Promise<void> {
    if (this.#run !== undefined) return this.#run.loadSubset(request)
    return this.#loaded.then(async (run) => {
      await run?.loadSubset(request)
    })
  }

  unloadSubset(request: LoadSubsetOptions): void {
    if (this.#run !== undefined) this.#run.unloadSubset(request)
    else void this.#loaded.then((run) => run?.unloadSubset(request))
  }

  /** Does work where the source runs: at once if that is here. */
  whereSourceRuns<T>(work: () => T | Promise<T>): T | Promise<T> {
    if (this.#run !== undefined) return this.#run.whereSourceRuns(work)
    return this.#loaded.then((run) => (run === undefined ? work() : run.whereSourceRuns(work)))
  }

  /** The source runs here. */
  get hasSource(): boolean {
    return this.#run?.hasSource === true
  }

  readonly cleanup = (): void | Promise<void> => {
    this.#isStopped = true
    return this.#run?.stop()
  }

  async #load(options: SyncedOptions, core: SyncParams<object, Key>): Promise<SyncedRun | undefined> {
    try {
      const { SyncedRun } = await loadSyncedRuns()
      if (!this.#isStopped) this.#run = new SyncedRun(options, core)
    } catch (error) {
      core.markError(error)
      options.readiness.show({ status: 'error', error })
    }
    return this.#run
  }
}

// The latest run of each collection object.
const runsOf = new WeakMap<object, BegunRun>()

/**
 * Does work that needs the collection's source to run in this context. A collection that is not started has no source to
 * wait for: the work is done at once.
 */
export function whereSourceRuns<T>(collection: object, work: () => T | Promise<T>): T | Promise<T> {
  const run = runsOf.get(collection)
  return run === undefined ? work() : run.whereSourceRuns(work)
}

/** A mutation handler of a source's options, called where the source runs: it waits for what the source confirms. */
export const handlerWhereSourceRuns =
  <P extends { readonly collection: object }, R>(handler: (params: P) => R | Promise<R>) =>
  (params: P): R | Promise<R> =>
    whereSourceRuns(params.collection, () => handler(params))

type Utilities = Record<string, ((...args: unknown[]) => unknown) | undefined>

/** What an app asks a source to do is done where it runs, and not nowhere. */
function runUtilitiesWhereSourceRuns(utilities: Utilities, runs: Runs, startSyncIfIdle: () => void): void {
  for (const name of QUERY_UTILITIES) {
    const utility = utilities[name]
    if (typeof utility !== 'function') continue
    utilities[name] = (...args) => {
      // As in memory, what is written starts the collection.
      if (name.startsWith('write')) startSyncIfIdle()
      const call = (): unknown => utility.apply(utilities, args)
      const { latest } = runs
      if (latest === undefined) return call()
      // What it writes is written at once; what it fetches is to end before the role is given away.
      return name.startsWith('write') && latest.hasSource ? call() : latest.whereSourceRuns(call)
    }
  }
}
