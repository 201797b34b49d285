/** What a page does only after it has shown its rows. */

export * from '../later.js'
export { pageLocks } from './page-locks.js'
export { browserStorage } from './storage.js'
