/** The verbs, in the order in which `--help` lists them; each is loaded when it is asked for. */

import type { Verb } from './verb.js'

export interface ListedVerb {
  readonly summary: string
  readonly load: () => Promise<{ readonly default: Verb }>
}

export const VERBS: Readonly<Record<string, ListedVerb>> = {
  info: { summary: 'what this file is, at a glance', load: () => import('./verbs/info.js') },
  log: { summary: 'the entries, one line each', load: () => import('./verbs/log.js') },
  show: { summary: 'one entry in full', load: () => import('./verbs/show.js') },
  verify: { summary: 'whether all of it is as it was written', load: () => import('./verbs/verify.js') },
  doctor: {
    summary: 'the environment of a file, and what of it is trouble',
    load: () => import('./verbs/doctor.js'),
  },
  stats: { summary: 'what a log is made of', load: () => import('./verbs/stats.js') },
  schema: { summary: 'collections, versions, indexes, fields', load: () => import('./verbs/schema.js') },
  rebuild: { summary: 'row tables anew from the log', load: () => import('./verbs/rebuild.js') },
  compact: { summary: 'drops the log below a checkpoint', load: () => import('./verbs/compact.js') },
  completion: { summary: 'completion for a shell', load: () => import('./verbs/completion.js') },
}
