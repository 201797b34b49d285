/** Events of a handle: who listens, and what happens to an event that nobody listens for. */

import { ClosedError, DestroyedError, InvalidOptionError } from '../../errors.js'
import type { DamageEvent, DaybookEvents, StorageEvent } from './events.js'
import { harmless, type Trace, type TraceEvent } from './trace.js'

type Listener<T> = (event: T) => void

/** The names of all events. */
const NAMES: ReadonlySet<string> = new Set<keyof DaybookEvents>([
  'error',
  'storage',
  'source',
  'reset',
  'warning',
  'leader',
  'evicted',
  'damage',
  'destroyed',
  'sync',
])

export interface EmitterParts {
  /** Shows the warnings that nobody listens for. */
  readonly onUnheardWarning: (warning: string) => void
  readonly trace?: Trace | undefined
  /** Whether the handle is closing: what its end interrupts is told to nobody. */
  readonly isClosing: () => boolean
}

/** How the parts of a handle tell the app of what happens. */
export class Emitter {
  readonly #parts: EmitterParts
  readonly #listeners = new Set<readonly [name: keyof DaybookEvents, listener: Listener<never>]>()
  /** The app's trace, which cannot harm what it is told of. */
  readonly trace: Trace | undefined

  constructor(parts: EmitterParts) {
    this.#parts = parts
    this.trace = parts.trace && harmless(parts.trace, this.report)
  }

  /** @throws InvalidOptionError when there is no event of this name */
  on<Name extends keyof DaybookEvents>(name: Name, listener: Listener<DaybookEvents[Name]>): () => void {
    if (!NAMES.has(name)) {
      throw new InvalidOptionError(
        'name',
        `There is no event ${JSON.stringify(name)}; the events are ${[...NAMES].join(', ')}.`,
      )
    }
    if (typeof listener !== 'function') {
      throw new InvalidOptionError('listener', `The listener of ${JSON.stringify(name)} is not a function.`)
    }
    const added = [name, listener] as const
    this.#listeners.add(added)
    return () => {
      this.#listeners.delete(added)
    }
  }

  /**
   * Tells all who listen. An error that nobody listens for is thrown where the runtime reports uncaught ones: it must not be
   * silent.
   */
  emit<Name extends keyof DaybookEvents>(name: Name, event: DaybookEvents[Name]): void {
    if (name !== 'error' && name !== 'warning')
      this.trace?.({ type: name, ...(event as object) } as TraceEvent)
    const heard = [...this.#listeners].filter(([wanted]) => wanted === name)
    if (heard.length === 0) {
      if (name === 'error') {
        queueMicrotask(() => {
          throw event
        })
      }
      if (name === 'storage' && 'error' in (event as StorageEvent)) {
        this.emit('error', (event as { readonly error: unknown }).error)
      }
      if (name === 'damage') this.emit('warning', (event as DamageEvent).message)
      if (name === 'warning') this.#parts.onUnheardWarning(event as string)
    }
    for (const [, listener] of heard) listener(event as never)
  }

  /** An error that belongs to no call. */
  readonly report = (error: unknown): void => {
    const isOfEnd = error instanceof ClosedError || error instanceof DestroyedError
    if (isOfEnd && this.#parts.isClosing()) return
    this.emit('error', error)
  }
}
