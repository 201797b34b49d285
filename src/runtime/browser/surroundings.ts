/** What a page and its worker find around them. The browser's is the default of the entries; a simulation gives its own. */

import type { Driver } from '../../drivers/driver.js'
import { NotABrowserError, StorageUnavailableError } from '../../errors.js'
import { type Clock, systemClock } from '../clock.js'
import { broadcastHub, broadcastLink, type PageLink } from '../journal/broadcast-channel.js'
import type { Hub } from '../journal/channel.js'
import type { OpenedHere } from '../open.js'
import type { Start } from './messages.js'
import { remember } from './remember.js'

/** The part of `navigator.locks` that daybook uses. */
export interface LockManagerLike {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean },
    held: () => unknown,
  ): Promise<unknown>
  query(): Promise<{
    readonly held?: readonly { readonly name?: string; readonly clientId?: string }[]
    readonly pending?: readonly { readonly name?: string }[]
  }>
}

export interface PageSurroundings {
  readonly clock: Clock
  readonly locks: LockManagerLike
  /** Where `pagehide` and `pageshow` are told. */
  readonly window: EventTarget
  /** Where `visibilitychange` and `resume` are told. */
  readonly document: EventTarget & { readonly visibilityState: string }
  /** The line of a context to whoever leads. */
  link(name: string, context: string): PageLink
  /** Why nothing can be kept here, if so. */
  missing(): Promise<StorageUnavailableError | NotABrowserError | undefined>
  /** Remembers which database has this name, or that there is none; answers with the id of another one that was there before. */
  remember(name: string, id: string | undefined): string | undefined
}

export interface WorkerSurroundings {
  readonly clock: Clock
  readonly locks: LockManagerLike
  /** The leader's end of the line to every context. */
  hub(name: string): Hub
  /** Opens the database; `openOn` makes a journal of a driver. */
  open(start: Start, openOn: (driver: Driver) => Promise<OpenedHere>): Promise<OpenedHere>
  /** Removes the database, which nobody has open. */
  destroy(start: Start): Promise<void>
}

/** Those of a real page. A server that renders the page has hardly any of them: opening says so, and not before. */
export const pageSurroundings = (): PageSurroundings => ({
  clock: systemClock,
  locks: globalThis.navigator?.locks as LockManagerLike,
  window: globalThis as unknown as EventTarget,
  document: globalThis.document,
  link: broadcastLink,
  missing: whatIsMissing,
  remember,
})

/** Those of a real worker. */
export const workerSurroundings = (
  files: Pick<WorkerSurroundings, 'open' | 'destroy'>,
): WorkerSurroundings => ({
  clock: systemClock,
  locks: navigator.locks as LockManagerLike,
  hub: broadcastHub,
  ...files,
})

const whatIsMissing: PageSurroundings['missing'] = async () => {
  // Every browser says whether a page is a secure context.
  if (globalThis.isSecureContext === undefined || globalThis.Worker === undefined)
    return new NotABrowserError()
  if (!globalThis.isSecureContext) return new StorageUnavailableError('secure context')
  if (navigator.locks === undefined) return new StorageUnavailableError('Web Locks')
  try {
    await navigator.storage.getDirectory()
    return undefined
  } catch (cause) {
    return new StorageUnavailableError('OPFS', { cause })
  }
}
