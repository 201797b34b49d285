/** The names of a collection's options: a misspelt one would be ignored, and its rows would not be what the app means. */

import { InvalidOptionError } from '../../errors.js'
import { isPlainObject } from '../../values/type.js'
import { checkNames } from '../daybook/options.js'

/** What TanStack DB takes from the options of a collection. */
const CORE = [
  'id',
  'getKey',
  'schema',
  'gcTime',
  'startSync',
  'autoIndex',
  'defaultIndexType',
  'compare',
  'syncMode',
  'defaultStringCollation',
  'singleResult',
  'onInsert',
  'onUpdate',
  'onDelete',
  'utils',
]
const COMMON = ['persistence', 'schemaVersion', 'migrate']
const OF_SOURCES = ['readiness', 'initialRender', 'identity', 'snapshot']

/** @throws InvalidOptionError when a local-only collection has an option that there is not */
export function checkLocalOnlyNames(id: string, options: object, isAroundMemory: boolean): void {
  // An instance of a class of the app's has members of its own.
  if (!isPlainObject(options)) return
  // localOnlyCollectionOptions() of TanStack DB brings a sync.
  const known = [...CORE, ...COMMON, 'initialData', ...(isAroundMemory ? ['sync'] : [])]
  checkNames(options, known, `Collection ${JSON.stringify(id)}`)
}

/**
 * A source may have options of any name, so only what is nearly a name of daybook's own is refused.
 *
 * @throws InvalidOptionError
 */
export function checkSourceNames(id: string, options: object): void {
  const own = [...COMMON, ...OF_SOURCES]
  for (const name of Object.keys(options)) {
    if (own.includes(name) || CORE.includes(name)) continue
    const meant = own.find((each) => isNearly(name.toLowerCase(), each.toLowerCase()))
    if (meant === undefined) continue
    throw new InvalidOptionError(
      name,
      `Collection ${JSON.stringify(id)} has no option ${JSON.stringify(name)}; daybook's options of a synced collection ` +
        `are ${own.join(', ')}. Did you mean ${JSON.stringify(meant)}?`,
    )
  }
}

/** Whether two names differ in one letter, or in the order of two. */
function isNearly(one: string, other: string): boolean {
  let start = 0
  while (start < one.length && one[start] === other[start]) start++
  let end = 0
  const rest = Math.min(one.length, other.length) - start
  while (end < rest && one.at(-1 - end) === other.at(-1 - end)) end++
  const [a, b] = [one.slice(start, one.length - end), other.slice(start, other.length - end)]
  return (a.length <= 1 && b.length <= 1) || (a.length === 2 && a === [...b].reverse().join(''))
}
