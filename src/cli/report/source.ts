/** What a report says of itself, and of what it lacks. */

import { basename } from 'node:path'
import { version } from '../version.js'
import type { Source } from './model.js'

export interface SourceOptions {
  readonly data?: boolean | undefined
  /** ms since 1970. */
  readonly now: number
  readonly remarks?: readonly string[]
}

/** The source of a report about a file. */
export function sourceOf(path: string, { data, now, remarks = [] }: SourceOptions): Source {
  const hidden =
    'Shapes stand in the place of values, for values can be secret; keys and names of fields are shown. Made with --data, the page has the values.'
  return {
    file: basename(path),
    madeAt: now,
    version: version(),
    data: data === true,
    remarks: data === true ? remarks : [...remarks, hidden],
  }
}
