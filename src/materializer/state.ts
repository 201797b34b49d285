/** The collections' own metadata: a value under a name, in the table `daybook_state`. */

import { all, type Program, run } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { type Entry, opParts } from '../log/entry.js'
import { opsOfPart } from '../log/part-ops.js'
import type { StoredOp } from '../log/stored-op.js'
import { type FoldedValue, notesText, parsed } from './fold.js'
import { materialized } from './tables.js'

const put = statement<[collection: string, name: string, value: string, notes: string | null, seq: number]>()(
  materialized
    .insertInto('daybook_state')
    .values({
      collection: parameter<string>(),
      name: parameter<string>(),
      value: parameter<string>(),
      notes: parameter<string | null>(),
      seq: parameter<number>(),
    })
    .onConflict((conflict) =>
      conflict.columns(['collection', 'name']).doUpdateSet((e) => ({
        value: e.ref('excluded.value'),
        notes: e.ref('excluded.notes'),
        seq: e.ref('excluded.seq'),
      })),
    ),
)

const remove = statement<[collection: string, name: string]>()(
  materialized
    .deleteFrom('daybook_state')
    .where('collection', '=', parameter<string>())
    .where('name', '=', parameter<string>()),
)

const removeAll = statement<[collection: string]>()(
  materialized.deleteFrom('daybook_state').where('collection', '=', parameter<string>()),
)

const list = statement<[]>()(
  materialized.selectFrom('daybook_state').select(['collection', 'name', 'value', 'notes', 'seq']),
)

const listOf = statement<[collection: string]>()(
  materialized
    .selectFrom('daybook_state')
    .select(['collection', 'name', 'value', 'notes', 'seq'])
    .where('collection', '=', parameter<string>())
    .orderBy('name'),
)

/** One value of the table; collection and name as JSON text, which any name survives in every binding. */
export interface StoredState {
  readonly collection: string
  readonly name: string
  readonly value: string
  readonly notes: string | null
  readonly seq: number
}

/** Sets or clears a collection's metadata, as a `state` op says. */
export type StateOp = Extract<StoredOp, readonly ['state', ...unknown[]]>

/** What a `state` op leaves under its name; no value where it clears it. */
export function stateAfter([, collection, name, json, notes]: StateOp, seq: number): StoredState | undefined {
  if (json === undefined) return undefined
  return {
    collection: JSON.stringify(collection),
    name: JSON.stringify(name),
    value: JSON.stringify(json),
    notes: notesText(notes),
    seq,
  }
}

/** A stored value, parsed. */
export const foldedState = ({ value, notes }: StoredState): FoldedValue => parsed(value, notes)

export function* writeState(op: StateOp, seq: number): Program<void> {
  const state = stateAfter(op, seq)
  if (state === undefined) yield* run(remove, JSON.stringify(op[1]), JSON.stringify(op[2]))
  else yield* run(put, state.collection, state.name, state.value, state.notes, state.seq)
}

/** Puts a value into the table as it is. */
export function* putState({ collection, name, value, notes, seq }: StoredState): Program<void> {
  yield* run(put, collection, name, value, notes, seq)
}

/** Forgets all of a collection's metadata. */
export function* dropState(collection: string): Program<void> {
  yield* run(removeAll, JSON.stringify(collection))
}

export function* listState(): Program<readonly StoredState[]> {
  return yield* all(list)
}

/** The metadata of one collection, by name. */
export function* stateOf(collection: string): Program<readonly StoredState[]> {
  return yield* all(listOf, JSON.stringify(collection))
}

/** Folds an entry into the metadata of one collection, held in memory under its names as they are stored. */
export function foldState(entry: Entry, collection: string, state: Map<string, StoredState>): void {
  for (const part of opParts(entry)) {
    for (const op of opsOfPart(part, entry.position.seq)) {
      if (op[1] !== collection) continue
      if (op[0] === 'reset') state.clear()
      if (op[0] !== 'state') continue
      const after = stateAfter(op, entry.position.seq)
      if (after === undefined) state.delete(JSON.stringify(op[2]))
      else state.set(after.name, after)
    }
  }
}
