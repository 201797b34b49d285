/** The verbs, in the order in which `--help` lists them; each is loaded when it is asked for. */

import type { Verb } from './verb.js'

export interface ListedVerb {
  readonly summary: string
  readonly load: () => Promise<{ readonly default: Verb }>
}

export const VERBS: Readonly<Record<string, ListedVerb>> = {
  info: { summary: 'what this file is, at a glance', load: () => import('./verbs/info.js') },
  log: { summary: 'the entries, one line each', load: () => import('./verbs/log.js') },
  tail: { summary: 'the newest entries, and those that come', load: () => import('./verbs/tail.js') },
  show: { summary: 'one entry in full, and what it did', load: () => import('./verbs/show.js') },
  history: { summary: 'what happened to a row', load: () => import('./verbs/history.js') },
  state: { summary: 'the rows at any position', load: () => import('./verbs/state.js') },
  diff: { summary: 'rows that differ between two positions or files', load: () => import('./verbs/diff.js') },
  replay: { summary: 'the database as it was, as a new file', load: () => import('./verbs/replay.js') },
  verify: { summary: 'whether all of it is as it was written', load: () => import('./verbs/verify.js') },
  doctor: {
    summary: 'the environment of a file, and what of it is trouble',
    load: () => import('./verbs/doctor.js'),
  },
  stats: { summary: 'what a log is made of', load: () => import('./verbs/stats.js') },
  schema: { summary: 'collections, versions, indexes, fields', load: () => import('./verbs/schema.js') },
  rebuild: { summary: 'row tables anew from the log', load: () => import('./verbs/rebuild.js') },
  compact: { summary: 'drops the log below a checkpoint', load: () => import('./verbs/compact.js') },
  export: { summary: 'the log or rows as lines of JSON', load: () => import('./verbs/export.js') },
  import: { summary: 'take in what export has written', load: () => import('./verbs/import.js') },
  salvage: { summary: 'what can still be read of a damaged file', load: () => import('./verbs/salvage.js') },
  redact: { summary: 'blank the values of a range of entries', load: () => import('./verbs/redact.js') },
  completion: { summary: 'completion for a shell', load: () => import('./verbs/completion.js') },
}
