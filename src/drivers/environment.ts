/** What a connection says of its SQLite library and of the settings in force. */

import { all, type Program } from './program.js'

/** PRAGMAs that only answer. */
const SETTINGS = [
  'journal_mode',
  'synchronous',
  'auto_vacuum',
  'page_size',
  'page_count',
  'freelist_count',
  'cache_size',
  'busy_timeout',
  'wal_autocheckpoint',
  'encoding',
] as const

export type Setting = (typeof SETTINGS)[number]

export interface Environment {
  readonly compileOptions: readonly string[]
  readonly settings: Readonly<Record<Setting, string | number | undefined>>
}

export function* lookAtEnvironment(): Program<Environment> {
  const options = yield* all<[], Record<string, unknown>>({ sql: 'PRAGMA compile_options' })
  const settings: Partial<Record<Setting, string | number | undefined>> = {}
  for (const name of SETTINGS) {
    const [row] = yield* all<[], Record<string, string | number>>({ sql: `PRAGMA ${name}` })
    settings[name] = row && Object.values(row)[0]
  }
  return {
    compileOptions: options.map((row) => String(Object.values(row)[0])),
    settings: settings as Environment['settings'],
  }
}
