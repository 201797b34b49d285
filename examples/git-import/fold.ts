/** Builds the files again from nothing but the entries of the log, one commit at a time. */
import type { Daybook, DecodedEntry } from 'daybook'
import type { CommitRow, FileRow } from './collections.js'

export interface Step {
  entry: DecodedEntry
  /** The commit that the entry adds; undefined when it does not add exactly one. */
  commit: CommitRow | undefined
  /** The files after this entry. The same map in every step. */
  state: ReadonlyMap<string, FileRow>
}

export async function* fold(daybook: Daybook): AsyncGenerator<Step> {
  const state = new Map<string, FileRow>()
  for await (const entry of daybook.entries()) {
    if (entry.kind !== 'tx') continue
    const added: CommitRow[] = []
    for (const op of entry.ops) {
      if (op.collection === 'commits' && op.op === 'put') added.push(op.value as CommitRow)
      else if (op.collection !== 'files') continue
      else if (op.op === 'put') state.set(String(op.key), op.value as FileRow)
      else if (op.op === 'delete') state.delete(String(op.key))
      else if (op.op === 'truncate' || op.op === 'reset') state.clear()
      else if (op.op === 'patch') {
        const row = state.get(String(op.key))
        if (row !== undefined) state.set(row.path, { ...row, ...op.fields })
      }
    }
    yield { entry, commit: added.length === 1 ? added[0] : undefined, state }
  }
}
