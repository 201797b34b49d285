/** Turns the mutations of a TanStack transaction into ops. */

import type { Op } from '../../log/op.js'
import type { Key } from '../../values/key.js'
import type { Migrate } from './migration.js'

/** The part of TanStack's `PendingMutation` that ops are made of. */
export interface Mutation {
  readonly type: 'insert' | 'update' | 'delete'
  readonly key: unknown
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

/** One op for each mutation, in order. */
export const opsOf = (mutations: readonly Mutation[]): Op[] => mutations.map(opOf)

function opOf(mutation: Mutation): Op {
  const collection = mutation.collection.id
  const key = mutation.key as Key
  switch (mutation.type) {
    case 'insert':
      return { op: 'put', collection, key, value: mutation.modified }
    case 'delete':
      return { op: 'delete', collection, key }
    case 'update':
      return { op: 'patch', collection, key, ...changedFields(mutation) }
  }
}

// Only what changed: two tabs that edit different fields of one row both win.
function changedFields({ changes, original, modified }: Mutation): { fields: object; unset?: string[] } {
  const row = modified as Record<string, unknown>
  const set = Object.keys(changes).filter((name) => Object.hasOwn(row, name))
  // fromEntries defines own properties: a field named __proto__ stays a field.
  const fields = Object.fromEntries(set.map((name) => [name, row[name]]))
  const unset = Object.keys(original).filter((name) => !Object.hasOwn(row, name))
  return unset.length > 0 ? { fields, unset } : { fields }
}
