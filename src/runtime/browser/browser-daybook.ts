/** A daybook on a page. */

import { Daybook } from '../daybook/daybook.js'
import type { LeaderEvent } from '../daybook/events.js'
import { internalsOf } from '../daybook/internals.js'
import type { Stats } from '../journal/stats.js'
import { Origin } from '../origin.js'
import { type BrowserOptions, checkBrowserOptions } from './options.js'
import { BrowserPage, type PageListener } from './page.js'
import { type BrowserStorage, browserStorage } from './storage.js'
import { pageSurroundings } from './surroundings.js'

/** Resolves in a task of its own, without the 4 ms that nested timers are made to wait. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

/** A page that nobody is told of. */
const NOBODY: PageListener = {
  onStatus: () => undefined,
  onHide: () => undefined,
  onShow: () => undefined,
  onDamage: () => undefined,
  onEvicted: () => undefined,
  onSeen: () => undefined,
}

/** A daybook on a page. */
export class BrowserDaybook extends Daybook {
  readonly #page: BrowserPage

  constructor(options: BrowserOptions, makeWorker: () => Worker, surroundings = pageSurroundings()) {
    checkBrowserOptions(options)
    const page = new BrowserPage(
      options,
      options.worker ?? makeWorker,
      {
        onStatus: (status) => {
          const { counters, events } = internalsOf(this)
          counters.leaders++
          events.emit('leader', status)
        },
        onDamage: (event) => internalsOf(this).events.emit('damage', event),
        onEvicted: (event) => internalsOf(this).events.emit('evicted', event),
        onHide: () => internalsOf(this).owners.suspend(),
        onShow: () => {
          internalsOf(this).owners.resume()
          internalsOf(this).tail.wake()
        },
        onSeen: (isSeen) => {
          if (isSeen) internalsOf(this).tail.wake()
          internalsOf(this).owners.seen(isSeen)
        },
      },
      surroundings,
    )
    const { clock, document } = surroundings
    super({
      origin: new Origin(),
      clock,
      open: (onError, trace, onDestroyed) => page.open(onError, trace, onDestroyed),
      codecs: page.codecs,
      // Whether this one could be opened or not, it is closed by then.
      destroy: (log) =>
        new BrowserPage(options, options.worker ?? makeWorker, NOBODY, surroundings).destroy(log),
      trace: options.trace,
      breathe: nextTask,
      isHidden: () => document.visibilityState === 'hidden',
      onUnheardWarning: (warning) => console.warn(warning),
    })
    this.#page = page
  }

  /** Who leads, and where the rows are. The `leader` event tells of every change. */
  get status(): LeaderEvent {
    return this.#page.status
  }

  /** Sizes, positions and settings, what was done since the opening, and what the browser says of the origin's storage. */
  override async stats(): Promise<Stats & { readonly storage: BrowserStorage }> {
    const [stats, storage] = await Promise.all([super.stats(), browserStorage()])
    return { ...stats, storage }
  }

  /**
   * Asks the browser to keep this origin's storage even when space is short; some ask the user. Answers whether it does.
   *
   * @example
   * if (!(await daybook.persist())) console.log('the browser may clear what is kept here')
   */
  persist(): Promise<boolean> {
    return globalThis.navigator?.storage?.persist() ?? Promise.resolve(false)
  }

  /** Ends this page's worker and starts another one, as if it had crashed: for trying out what happens then. */
  restartWorker(): void {
    this.#page.restartWorker()
  }
}
