/** What a page says when it opens a daybook. */

import { InvalidOptionError } from '../../errors.js'
import { checkNames, type DaybookOptions, SHARED_OPTIONS } from '../daybook/options.js'

/** Options of a daybook in the browser. */
export interface BrowserOptions extends DaybookOptions {
  /** The name of the daybook: all pages of this origin that open the same name share one database. */
  name: string
  /**
   * What to do where nothing can be kept (a private window, an old browser, no https): by default every call rejects with
   * StorageUnavailableError. `'memory'` opens a database of this page alone, which is forgotten with it; `status.storage`
   * says so.
   */
  fallback?: 'memory'
  /**
   * What to do with a database that is damaged when it is opened. `throw` (default): every call rejects with the reason, and
   * nothing is touched. `quarantine`: what can be read of it is salvaged into a new folder and the app goes on from that;
   * the damaged one stays where it is, and the `damage` event says where, and what was lost. It reaches the page whose
   * worker leads. An open sees what shows at once; damage that is met later is an error of whoever meets it, and makes the
   * next open look at everything.
   */
  onCorruption?: 'throw' | 'quarantine'
  /**
   * How long to wait for somebody to open the database, in ms. Default 10000; with `onCorruption` 60000, for looking at a
   * whole database takes its time.
   */
  openTimeout?: number
  /** Makes the worker, where the bundler needs another way, or to use another build of SQLite. */
  worker?: () => Worker
}

const BROWSER_OPTIONS = ['name', 'fallback', 'onCorruption', 'openTimeout', 'worker', ...SHARED_OPTIONS]

/** @throws InvalidOptionError */
export function checkBrowserOptions(options: BrowserOptions): void {
  const { name, openTimeout = 0, fallback } = options ?? {}
  if (typeof name !== 'string' || name === '' || name.length > 100) {
    throw new InvalidOptionError('name', "openDaybook() needs a name: openDaybook({ name: 'my-app' }).")
  }
  checkNames(options, BROWSER_OPTIONS, 'openDaybook()')
  if (typeof openTimeout !== 'number' || !(openTimeout >= 0)) {
    throw new InvalidOptionError('openTimeout', '`openTimeout` is a number of ms, from 0.')
  }
  if (fallback !== undefined && fallback !== 'memory') {
    throw new InvalidOptionError('fallback', "`fallback` is 'memory', or left out.")
  }
}
