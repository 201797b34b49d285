/** Everything that the apps of a program asked for, and what they were told. */

import type { Key } from '../../values/key.js'
import type { On } from './program.js'

/** The fields that a call changes. One that it deletes is undefined, as TanStack DB has it. */
export type Said = Readonly<Record<string, unknown>>

/** One change of one row that an app asked for. */
export interface Call {
  /** A number of its own, which its entry carries in the field `v`; a delete carries none. */
  readonly mark: number
  /** The origin of the handle that was asked. */
  readonly origin: string
  readonly on: On
  readonly key: Key
  /** `put`: by `write()`, whatever was before. `remove`: the same for a delete. */
  readonly kind: 'insert' | 'update' | 'delete' | 'put' | 'remove'
  /** What it makes of the row. */
  readonly says?: Said
  /** It changes a row that came by another way than the log, and of which the log had said nothing yet. */
  readonly ofSeed?: boolean
  /** Calls of one transaction are kept together, or not at all. */
  readonly group: number
  /** `lost`: its context ended before it was told. */
  outcome: 'pending' | 'kept' | 'lost' | { readonly refused: unknown }
  /** Waits for a handler that never ends. */
  hangs: boolean
}

export class Calls {
  readonly all: Call[] = []
  #marks: number
  #groups: number
  readonly #onChange: (call: Call) => void

  /** `from`: marks and groups begin behind it. `onChange` is told of each call, and of what becomes of it. */
  constructor(from = 0, onChange: (call: Call) => void = () => undefined) {
    this.#marks = from
    this.#groups = from
    this.#onChange = onChange
  }

  nextMark(): number {
    return ++this.#marks
  }

  nextGroup(): number {
    return ++this.#groups
  }

  add(call: Omit<Call, 'outcome' | 'hangs'>): Call {
    const added: Call = { ...call, outcome: 'pending', hangs: false }
    this.all.push(added)
    this.#onChange(added)
    return added
  }

  /** What becomes of these is what becomes of the promise. */
  follow(calls: readonly Call[], promise: Promise<unknown>, onRefused: (error: unknown) => void): void {
    const settle = (outcome: Call['outcome']): void => {
      for (const call of calls) {
        if (call.outcome !== 'pending') continue
        call.outcome = outcome
        this.#onChange(call)
      }
    }
    promise.then(
      () => settle('kept'),
      (refused: unknown) => {
        settle({ refused })
        if (calls.length > 0) onRefused(refused)
      },
    )
  }

  /** The context of this origin ended: what it had asked for may be in the log or not. */
  lose(origin: string): void {
    for (const call of this.all)
      if (call.origin === origin && call.outcome === 'pending') call.outcome = 'lost'
  }
}

export const isRefused = (call: Call): call is Call & { outcome: { readonly refused: unknown } } =>
  typeof call.outcome === 'object'

export const codeOf = (error: unknown): string =>
  String((error as { code?: unknown } | undefined)?.code ?? (error as Error | undefined)?.message ?? error)
