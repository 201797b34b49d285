/** daybook in the browser: one SQLite database in the origin private file system, shared by all tabs. */

import { BrowserDaybook } from './runtime/browser/browser-daybook.js'
import type { BrowserOptions } from './runtime/browser/options.js'

export * from './index.js'
export type { BrowserDaybook } from './runtime/browser/browser-daybook.js'
export type { BrowserOptions } from './runtime/browser/options.js'

/**
 * Opens the daybook of this name, in any number of tabs, windows and frames of one origin. Answers at once; the opening
 * goes on behind it, and its failure reaches `ready` and whoever waits for a call.
 *
 * @throws InvalidOptionError
 * @example
 * const daybook = openDaybook({ name: 'my-app' })
 * await daybook.ready
 */
export const openDaybook = (options: BrowserOptions): BrowserDaybook =>
  new BrowserDaybook(
    options,
    () => new Worker(new URL('./browser-worker.js', import.meta.url), { type: 'module', name: 'daybook' }),
  )
