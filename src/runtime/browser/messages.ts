/** What a page and its worker say to each other; the journal's calls go through channels of their own. */

import type { Durability } from '../../drivers/settings.js'
import type { Retain } from '../../materializer/compact.js'
import type { DamageEvent } from '../daybook/events.js'
import type { JournalEvent } from '../journal/meter.js'
import type { WireError } from '../journal/protocol.js'
import type { BrowserOptions } from './options.js'

/** The page's first and only word: what the worker is to contend for. */
export interface Start {
  readonly name: string
  /** Who it is when it leads. */
  readonly id: string
  readonly durability: Durability
  readonly retain: Retain
  /** `memory`: a database of this page alone, served through the worker's own port. */
  readonly storage: 'opfs' | 'memory'
  readonly onCorruption: BrowserOptions['onCorruption']
  /** Whether the page wants to know what is done while this worker leads. */
  readonly trace: boolean
}

/** What the worker tells its page of itself: an error, and what it has done about it. */
export interface Told {
  readonly failed: WireError
  readonly damage?: DamageEvent
}

/** What the worker says to its page besides the answers to calls. */
export type FromWorker = { readonly told: Told } | { readonly traced: JournalEvent }

/** The name of the Web Lock of whoever leads. */
export const leaderLock = (name: string): string => `daybook:${name}:leader`

/** The name of a Web Lock that a context's worker holds as long as it lives. */
export const aliveLock = (name: string, id: string): string => `daybook:${name}:alive:${id}`
