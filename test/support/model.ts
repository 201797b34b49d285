/**
 * What a log means, in plain JavaScript: a Map of rows for each collection. Deliberately another way than
 * src/materializer/fold.ts (values, not JSON and notes), and deliberately naive.
 */

import { isDeepStrictEqual } from 'node:util'
import { all } from '../../src/drivers/program.js'
import type { Statement } from '../../src/drivers/statement.js'
import type { Entry } from '../../src/log/entry.js'
import type { Op } from '../../src/log/op.js'
import type { Key } from '../../src/values/key.js'
import { decodeValue, type Json, type Note } from '../../src/values/value.js'
import { type Session, sql } from './open.js'

export interface ModelRow {
  readonly value: object
  readonly metadata: unknown
  readonly seq: number
}

export interface ModelCollection {
  readonly rows: Map<Key, ModelRow>
  readonly state: Map<string, unknown>
}

export type Model = Map<string, ModelCollection>

/** Applies the ops of one entry. */
export function apply(model: Model, ops: readonly Op[], seq: number): void {
  for (const op of ops) {
    if (op.op === 'claim') continue
    if (op.op === 'reset') {
      model.delete(op.collection)
      continue
    }
    let collection = model.get(op.collection)
    if (collection === undefined) {
      collection = { rows: new Map(), state: new Map() }
      model.set(op.collection, collection)
    }
    const { rows, state } = collection
    switch (op.op) {
      case 'put':
        rows.set(op.key, { value: op.value, metadata: rows.get(op.key)?.metadata, seq })
        break
      case 'patch': {
        const row = rows.get(op.key)
        if (row === undefined) break
        const fields = new Map(Object.entries(row.value))
        for (const [name, value] of Object.entries(op.fields)) fields.set(name, value)
        for (const name of op.unset ?? []) fields.delete(name)
        rows.set(op.key, { ...row, value: Object.fromEntries(fields), seq })
        break
      }
      case 'delete':
        rows.delete(op.key)
        break
      case 'truncate':
        rows.clear()
        break
      case 'meta': {
        const row = rows.get(op.key)
        if (row !== undefined) rows.set(op.key, { ...row, metadata: op.value, seq })
        break
      }
      case 'state':
        if (op.value === undefined) state.delete(op.name)
        else state.set(op.name, op.value)
    }
  }
}

/** Whether entries of a kind change rows or collections; the others are about who may. */
export const changesRows = (kind: string): boolean => ['tx', 'reset', 'schema'].includes(kind)

/** The collections that a log has, by the ops that the test knows each transaction to have. */
export function fold(
  entries: readonly Entry[],
  opsOf: (origin: string, originSeq: number) => readonly Op[],
): Model {
  const model: Model = new Map()
  for (const { kind, origin, originSeq, position } of entries) {
    if (changesRows(kind)) apply(model, opsOf(origin, originSeq), position.seq)
  }
  return model
}

/** The collections that a session has, by its queries; the state of the collections by SQL. */
export async function readModel(session: Session): Promise<Model> {
  const model: Model = new Map()
  for (const { id } of await session.maintenance.collections()) {
    const rows = new Map<Key, ModelRow>()
    for (const row of (await session.journal.query(id)).rows) {
      rows.set(JSON.parse(row.key) as Key, {
        value: decoded(row.value, row.notes) as object,
        metadata: row.metadata === null ? undefined : decoded(row.metadata, row.metadata_notes),
        seq: row.seq,
      })
    }
    model.set(id, { rows, state: new Map() })
  }
  const states = await session.journal.inspect(() => all(allStates))
  for (const { collection, name, value, notes } of states) {
    model.get(JSON.parse(collection) as string)!.state.set(JSON.parse(name) as string, decoded(value, notes))
  }
  return model
}

const decoded = (json: string, notes: string | null): unknown =>
  decodeValue(JSON.parse(json) as Json, notes === null ? undefined : (JSON.parse(notes) as Note[]))

const allStates: Statement<[], { collection: string; name: string; value: string; notes: string | null }> = {
  sql: 'SELECT collection, name, value, notes FROM daybook_state',
}

/** Where two models differ, in words; nothing when they are equal. */
export function difference(actual: Model, expected: Model): string | undefined {
  const ids = new Set([...actual.keys(), ...expected.keys()])
  for (const id of ids) {
    const [a, b] = [actual.get(id), expected.get(id)]
    if (a === undefined || b === undefined) {
      return `collection ${JSON.stringify(id)} is ${a === undefined ? 'missing' : 'too much'}`
    }
    for (const part of ['rows', 'state'] as const) {
      if (!isDeepStrictEqual(a[part], b[part])) {
        const show = (map: Map<unknown, unknown>): string =>
          [...map].map((entry) => inspect(entry)).join('; ')
        return `${part} of ${JSON.stringify(id)}: found ${show(a[part])}, expected ${show(b[part])}`
      }
    }
  }
  return undefined
}

const inspect = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) =>
    field === undefined || typeof field === 'bigint' ? String(field) : field,
  )

/** Every table that is posted from the log, as one text: two equal texts are two equal databases. */
export function dumpRows(filename: string): string {
  const tables = sql<{ id: string; row_table: string }>(
    filename,
    'SELECT * FROM daybook_collections ORDER BY id',
  )
  return JSON.stringify([
    tables,
    sql(filename, 'SELECT * FROM daybook_cursor'),
    sql(filename, 'SELECT * FROM daybook_controls ORDER BY collection'),
    sql(filename, 'SELECT * FROM daybook_origins ORDER BY origin, origin_seq'),
    sql(filename, 'SELECT * FROM daybook_state ORDER BY collection, name'),
    ...tables.map(({ row_table }) => sql(filename, `SELECT * FROM "${row_table}" ORDER BY key`)),
  ])
}
