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
}
