/** What the machine runs: one program is what one app does on one file, and can be run again. */

import { inspect } from 'node:util'
import type { Key } from '../../values/key.js'
import type { Fields } from './values.js'

/** The two collections of every program. */
export type On = 'a' | 'b'

export const BOTH: readonly On[] = ['a', 'b']

/** What the app's handler of a mutation does. */
export type Behaviour =
  /** Ends at once. */
  | 'ends'
  /** Ends when a later step says so, or at the end. */
  | 'waits'
  /** Throws at once. */
  | 'throws'
  /** Waits, and is rejected when a later step lets it end. */
  | 'rejects'
  /** Never ends. */
  | 'hangs'
  /** Calls `acceptMutations` itself, and ends. */
  | 'accepts'
  /** Changes another row of the same collection, and ends. */
  | 'mutates'

export type Change =
  | { readonly kind: 'insert'; readonly key: Key; readonly fields: Fields }
  | { readonly kind: 'update'; readonly key: Key; readonly fields: Fields; readonly unset?: keyof Fields }
  | { readonly kind: 'delete'; readonly key: Key }

export interface Changed {
  readonly on: On
  readonly change: Change
}

/** How a manual transaction is kept. */
export type Keeping = 'commit' | 'accept' | 'accept unawaited' | 'fails'

/** A live query; `of` says which, `p` turns its knobs. */
export interface QueryShape {
  readonly of: number
  readonly p: number
  readonly on: On
}

export type Step =
  /** Insert, update or delete on the collection itself. Several changes of one kind are one call where they can be. */
  | {
      readonly do: 'change'
      readonly who: number
      readonly on: On
      readonly changes: readonly Change[]
      readonly handler: Behaviour
    }
  | {
      readonly do: 'transaction'
      readonly who: number
      readonly changes: readonly Changed[]
      readonly keeping: Keeping
      /** Committed at once, by a later step, or rolled back. */
      readonly ends: 'now' | 'later' | 'rolled back'
    }
  /** Changes that a debounce strategy commits together. */
  | { readonly do: 'paced'; readonly who: number; readonly changes: readonly Changed[] }
  /** Lets the oldest handler or transaction that waits go on. */
  | { readonly do: 'finish'; readonly which: number }
  /** A listener that answers the next change with a change of its own. */
  | { readonly do: 'listen'; readonly who: number; readonly on: On }
  | { readonly do: 'write'; readonly who: number; readonly changes: readonly Changed[] }
  | {
      readonly do: 'drop' | 'compact' | 'forget' | 'redact'
      readonly who: number
      readonly on: On
      readonly key: Key
    }
  | { readonly do: 'query'; readonly who: number; readonly shape: QueryShape }
  | { readonly do: 'close query'; readonly which: number }
  | { readonly do: 'window'; readonly which: number; readonly offset: number; readonly limit: number }
  | { readonly do: 'cleanup' | 'preload' | 'another object'; readonly who: number; readonly on: On }
  /** Rows that came with server rendering: those of the server, or, for a collection without a source, these. */
  | { readonly do: 'hydrate'; readonly who: number; readonly on: On; readonly keys: readonly Key[] }
  /** The app begins anew with rows of a newer schema version; the others stay as old as they are. */
  | { readonly do: 'new version'; readonly who: number }
  /** Another user's rows are under the id of a collection with a source from now on, for all contexts. */
  | { readonly do: 'another identity'; readonly on: On }
  /** Opens and closes many live queries. */
  | { readonly do: 'read much'; readonly who: number; readonly on: On }
  | { readonly do: 'restart'; readonly who: number; readonly how: 'close' | 'kill'; readonly source: boolean }
  | { readonly do: 'server'; readonly on: On; readonly changes: readonly Change[] }
  | { readonly do: 'source'; readonly on: On; readonly what: SourceEvent }
  | { readonly do: 'time'; readonly ms: number }
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'quiet' }

/** What a source does by itself. */
export type SourceEvent = 'snapshot' | 'truncate first' | 'fails' | 'away' | 'back' | 'metadata' | 'nested'

export interface SourceShape {
  /** Its updates name the fields that change, or are whole rows. */
  readonly updates: 'full' | 'partial'
  /** How it goes on at the next start: from a token that it keeps, by sending everything, or by truncating first. */
  readonly resumes: 'token' | 'snapshot' | 'truncate'
  /** How many commits its first rows come in. With more than one its stream has every change of a row, else the last ones. */
  readonly commits: number
  /** What it pushes of changes to an on-demand collection. */
  readonly pushes: 'everything' | 'what was asked for'
  /** It keeps metadata with its rows. */
  readonly metadata: boolean
}

export interface CollectionShape {
  readonly mode: 'eager' | 'on-demand'
  readonly handlers: boolean
  /** It is collected as garbage when nobody looks at it. */
  readonly garbage: boolean
  /** Columns get indexes as queries need them. */
  readonly indexed: boolean
  /** How many rows it is given as `initialData`. */
  readonly initial: number
  /** Left out: the rows live in the daybook. */
  readonly source?: SourceShape
}

export interface Program {
  /** `handle`: an own connection; `remote`: through a channel to the first context. The first is a handle. */
  readonly contexts: readonly ('handle' | 'remote')[]
  readonly a: CollectionShape
  readonly b: CollectionShape
  /** What happens to each message of remote contexts in turn: when it arrives, in ms, once for each number. */
  readonly fates: readonly (readonly number[])[]
  readonly steps: readonly Step[]
}

/** A program as text: the shape, then one step a line. */
export function story({ contexts, a, b, fates, steps }: Program): string {
  const lines = [
    `contexts: ${contexts.join(', ')}${contexts.includes('remote') && JSON.stringify(fates) !== '[[0]]' ? `; messages arrive after ${JSON.stringify(fates)} ms` : ''}`,
    `a: ${shapeText(a)}`,
    `b: ${shapeText(b)}`,
    ...steps.map((step, index) => `${String(index + 1).padStart(3)}  ${stepText(step)}`),
  ]
  return lines.map((line) => `    ${line}`).join('\n')
}

const shapeText = ({ mode, handlers, garbage, indexed, initial, source }: CollectionShape): string =>
  [
    source === undefined ? 'local-only' : `source ${text(source)}`,
    mode,
    ...(handlers ? ['with handlers'] : []),
    ...(garbage ? ['collected as garbage'] : []),
    ...(indexed ? ['indexed'] : []),
    ...(initial > 0 ? [`initialData of ${initial}`] : []),
  ].join(', ')

const text = (value: unknown): string => inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY })

const changeText = (change: Change): string =>
  `${change.kind} ${text(change.key)}${'fields' in change ? ` ${text(change.fields)}` : ''}${'unset' in change && change.unset !== undefined ? ` without ${change.unset}` : ''}`

function stepText(step: Step): string {
  const who = 'who' in step ? `context ${step.who}: ` : ''
  switch (step.do) {
    case 'change':
      return `${who}${step.on}: ${step.changes.map(changeText).join(', ')}; its handler ${step.handler}`
    case 'transaction':
      return `${who}transaction (${step.keeping}, ${step.ends}): ${step.changes.map(({ on, change }) => `${on} ${changeText(change)}`).join(', ')}`
    case 'paced':
    case 'write':
      return `${who}${step.do}: ${step.changes.map(({ on, change }) => `${on} ${changeText(change)}`).join(', ')}`
    case 'server':
      return `server of ${step.on}: ${step.changes.map(changeText).join(', ')}`
    default: {
      const { do: what, ...facts } = step
      const details = Object.entries(facts).filter(([name]) => name !== 'who')
      return `${who}${what} ${details.map(([name, value]) => `${name} ${text(value)}`).join(', ')}`.trimEnd()
    }
  }
}
