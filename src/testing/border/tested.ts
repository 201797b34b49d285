/** The sources of an author, as the machine runs them. */

import type { SyncConfig } from '@tanstack/db'
import type { Key } from '../../values/key.js'
import type { SourceEvent, SourceShape } from './program.js'
import type { BorderServer } from './server.js'
import type { Row } from './values.js'

/** How long to wait before a look at what the source has seen, in ms, and how long a mutation waits for it. */
const LOOK = 8
const PATIENCE = 5000

/** What a source under test is made for: one collection object. */
export interface SourceFacts {
  /** Where the rows are. Mutations of the app change them there. */
  readonly server: BorderServer
  /** The collection asks for subsets. */
  readonly onDemand: boolean
  /** How the machine's own source would behave; a source under test may follow it, or leave it alone. */
  readonly shape: SourceShape
}

/** A source under test. */
export interface SourceUnderTest {
  readonly sync: SyncConfig<Row, Key>
  /** Further options of the collection, such as `snapshot` or `utils`. */
  readonly options?: object
  /** The version of the server up to which it has told the collection of everything. */
  readonly seen: number
  /** It does not tell of anything while a handler of the collection runs. Default false. */
  readonly waitsForHandlers?: boolean
  /** On demand it keeps rows that nobody asks for any more, and does not hear what becomes of them. Default false. */
  readonly isCache?: boolean
  /** Does what sources do by themselves, where it can. */
  readonly tell?: (what: SourceEvent) => void
  /** Resolves when nothing is under way outside of the machine's time, such as a request to a real server. */
  readonly settled?: () => Promise<void>
}

/** What the machine does with a source. */
export interface MachineSource {
  readonly sync: SyncConfig<Row, Key>
  readonly options?: object
  /** It runs in this context. */
  readonly isRunning: boolean
  /** It does not run here, or nothing of what the server has is still to be told. */
  readonly isUpToDate: boolean
  /** It does not tell of anything while a handler of the collection runs. Default false. */
  readonly waitsForHandlers?: boolean
  /** On demand it keeps rows that nobody asks for any more, and does not hear what becomes of them. Default false. */
  readonly isCache?: boolean
  /** Something that sources do by themselves. */
  tell(what: SourceEvent): void
  /** Resolves when nothing is under way outside of the machine's time. */
  settled?(): Promise<void>
  /** Resolves when it has told the collection of a version. */
  seen(version: number): Promise<void>
}

/** Runs a source under test. */
export function tested(
  make: (facts: SourceFacts) => SourceUnderTest,
  { server, onDemand, shape }: SourceFacts,
): MachineSource {
  const source = make({ server, onDemand, shape })
  let running = 0
  const isRunning = (): boolean => running > 0
  return {
    sync: {
      ...source.sync,
      sync: (params) => {
        const result = source.sync.sync(params)
        running++
        const own = typeof result === 'function' ? { cleanup: result } : (result ?? {})
        return {
          ...(typeof own === 'object' && own),
          cleanup: () => {
            running--
            return typeof own === 'object' ? own.cleanup?.() : undefined
          },
        }
      },
    },
    ...(source.options && { options: source.options }),
    waitsForHandlers: source.waitsForHandlers ?? false,
    isCache: onDemand && (source.isCache ?? false),
    get isRunning() {
      return isRunning()
    },
    get isUpToDate() {
      return !isRunning() || server.isAway || source.seen >= server.version
    },
    tell: (what) => {
      if (isRunning()) source.tell?.(what)
    },
    settled: async () => source.settled?.(),
    seen: async (version) => {
      for (let waited = 0; !isRunning() || source.seen < version; waited += LOOK) {
        if (waited > PATIENCE) throw new Error('the server does not answer')
        await new Promise((resolve) => setTimeout(resolve, LOOK))
      }
    },
  }
}
