/**
 * What the context that has the database does when it is asked to: measure, check, mend, blank. A worker loads it as one
 * file with the first such request; everywhere else it costs nothing until then either.
 */

export { rebuild } from '../materializer/rebuild.js'
export { countCollections, measure } from './journal/measures.js'
export { forget, planRedaction, redact } from './redact.js'
export { verify } from './verify.js'
