/** How large a value may be. Each limit lies far above a sensible row and below the point where something breaks. */

/** Nested JSON arrays and objects. SQLite's JSON functions stop at 1000, and a row is nested in the body of its entry. */
export const MAX_DEPTH = 500

/**
 * Characters of JSON, roughly: of each text, and PLACE_SIZE for each place. One character is written as up to six
 * (`\u0000`), and V8 has no longer text than 2^29: below this limit JSON.stringify cannot fail. It also ends the walk
 * of a small value that shares objects so often that it would be endless as text.
 */
export const MAX_SIZE = 2 ** 26

/** Six times this is more than the longest number with the quotes, the colon and the comma around it. */
export const PLACE_SIZE = 5

/** `length` of an array with holes: such an array is a few bytes in the file, and hours for whoever loops over it. */
export const MAX_ARRAY_LENGTH = 10_000_000
