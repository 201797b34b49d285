/** Turns the mutations of a TanStack transaction into ops. */

import type { Op } from '../../log/op.js'
import type { Codecs } from '../../values/codecs.js'
import type { Key } from '../../values/key.js'
import { withInstances } from './draft-copies.js'
import type { Migrate } from './schema/migration.js'

/** The part of TanStack's `PendingMutation` that ops are made of. */
export interface Mutation {
  readonly type: 'insert' | 'update' | 'delete'
  readonly key: Key
  readonly original: object
  readonly modified: object
  readonly changes: object
  readonly collection: MutatedCollection
}

/** The part of a collection that says whether, where and as what it is kept. */
export interface MutatedCollection {
  readonly id: string
  readonly config: {
    readonly persistence?: unknown
    readonly getKey: (row: never) => unknown
    readonly schemaVersion?: number | undefined
    readonly migrate?: Migrate | undefined
  }
}

/** The op for a mutation. `isLogged`: the log has the row; without it there is nothing to patch, and all of it is kept. */
export function opOf(mutation: Mutation, isLogged: boolean, codecs: Codecs): Op {
  const { key, type, original, modified } = mutation
  const collection = mutation.collection.id
  if (type === 'delete') return { op: 'delete', collection, key }
  if (type === 'insert') return { op: 'put', collection, key, value: modified }
  if (!isLogged) return { op: 'put', collection, key, value: withInstances(modified, original, codecs) }
  return { op: 'patch', collection, key, ...changedFields(mutation, codecs) }
}

// Only what changed: two tabs that edit different fields of one row both win.
function changedFields(
  { changes, original, modified }: Mutation,
  codecs: Codecs,
): { fields: object; unset?: string[] } {
  const row = withInstances(modified, original, codecs) as Record<string, unknown>
  const before = original as Record<string, unknown>
  // What is the same instance again was not changed: a draft has copied it.
  const isChanged = (name: string): boolean => row === modified || row[name] !== before[name]
  const set = Object.keys(changes).filter((name) => Object.hasOwn(row, name) && isChanged(name))
  // fromEntries defines own properties: a field named __proto__ stays a field.
  const fields = Object.fromEntries(set.map((name) => [name, row[name]]))
  const unset = Object.keys(original).filter((name) => !Object.hasOwn(row, name))
  return unset.length > 0 ? { fields, unset } : { fields }
}
