/**
 * Everything that tabs asked for, and what they were told. Each call carries a mark, a number of its own that ends up in
 * the entry: so the log itself shows what became of it.
 */

import type { Op } from '../../log/op.js'
import type { VirtualPage } from './virtual-page.js'

export interface Call {
  readonly page: VirtualPage
  readonly mark: number
  /** A row that only this call writes, or a field of a row that everybody changes; a delete leaves no mark. */
  readonly kind: 'write' | 'set' | 'delete'
  readonly row: string
  /** `lost`: kept, acknowledged, and taken by a power cut, against which nothing was promised. */
  outcome: 'pending' | 'kept' | 'lost' | { readonly refused: unknown }
}

export class Calls {
  readonly all: Call[] = []

  add(call: Omit<Call, 'mark' | 'outcome'>): Call {
    const added: Call = { ...call, mark: this.all.length + 1, outcome: 'pending' }
    this.all.push(added)
    return added
  }

  get pending(): Call[] {
    return this.all.filter(({ outcome, page }) => outcome === 'pending' && !page.hasEnded)
  }

  /** Those that were promised to be in the log. */
  get promised(): Call[] {
    return this.all.filter(({ outcome, kind }) => outcome === 'kept' && kind !== 'delete')
  }
}

/** The marks in an entry. */
export function marksOf(ops: readonly Op[]): number[] {
  return ops.flatMap((op) => {
    const fields = op.op === 'put' ? op.value : op.op === 'patch' ? op.fields : {}
    return Object.values(fields).filter((value) => typeof value === 'number')
  })
}

/** The code of an error, whatever it is. */
export const codeOf = (error: unknown): string =>
  String((error as { code?: unknown } | undefined)?.code ?? (error as Error | undefined)?.message ?? error)
