/** The code for every op and every value, as one file that a page can load when it needs it. */

export { encodeOps } from '../log/op.js'
export { sameValue } from '../values/same.js'
export { decodeValue, encodeValue } from '../values/value.js'
