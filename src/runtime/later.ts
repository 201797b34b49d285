/**
 * What a context does only after it has shown its rows: write, read values that are more than JSON, migrate, follow the
 * log, load by subset. A page loads it as one file (code.ts); everywhere else it is there from the start.
 */

export { UnreadableRowError, UnreadableStateError } from '../errors.js'
export { decodeValue } from '../values/value.js'
export { OnDemand } from './collection/on-demand.js'
export { raise } from './collection/raise-version.js'
export { readDecoded } from './entries.js'
export { traced } from './traced-journal.js'
export { backup, forget } from './upkeep.js'
export { commit, drop, keep, submit, write } from './writing.js'
