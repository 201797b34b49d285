/** What can still be read of the tables that a damaged file had made from its log. */

import type { Driver } from '../../../drivers/driver.js'
import { type Controls, UNMENTIONED } from '../../../log/controls.js'
import { cursor } from '../../../log/cursor.js'
import type { OriginRun } from '../../../log/origin-runs.js'
import { isVersion } from '../../../log/version.js'
import { isTableNameOf } from '../../../materializer/registry.js'
import type { StoredState } from '../../../materializer/state.js'
import type { StoredRow } from '../../../materializer/tables.js'
import { decodeKey } from '../../../values/decode-key.js'
import { DAMAGED, Scan, tryRead } from './scan.js'

/** One collection of the damaged file. */
export interface ReadableCollection {
  readonly collection: string
  readonly rows: Scan<StoredRow>
  readonly controls: Controls
  /** By name, as JSON text. */
  readonly state: ReadonlyMap<string, StoredState>
}

export interface ReadableTables {
  /** The seq through which they are posted; nothing when that cannot be read. */
  readonly cursor: number | undefined
  readonly collections: readonly ReadableCollection[]
  readonly runs: readonly OriginRun[]
  /** What could not be read besides rows, in words. */
  readonly lost: readonly string[]
}

/** Reads everything but the rows. */
export async function readableTables(driver: Driver): Promise<ReadableTables> {
  const lost: string[] = []
  const every = async <Row extends object>(
    table: string,
    columns: readonly string[],
    what: string,
    isSound: (row: Row) => boolean,
  ): Promise<Row[]> => {
    const scan = new Scan<Row>(driver, table, columns)
    const rows: Row[] = []
    let isWhole = true
    for await (const row of scan.rows()) {
      if (isSound(row)) rows.push(row)
      else isWhole = false
    }
    if (scan.isDamaged || !isWhole) lost.push(what)
    return rows
  }
  const posted = await tryRead(driver, cursor)
  const registered = await every<{ id: string; row_table: string }>(
    'daybook_collections',
    ['id', 'row_table'],
    'which collections there are',
    ({ id, row_table }) => {
      const collection = textOf(id)
      return (
        typeof collection === 'string' &&
        typeof row_table === 'string' &&
        isTableNameOf(row_table, collection)
      )
    },
  )
  const states = await every<StoredState>(
    'daybook_state',
    ['collection', 'name', 'value', 'notes', 'seq'],
    'metadata of collections',
    ({ collection, name, value, notes, seq }) =>
      [collection, name, value].every(isJson) &&
      (notes === null || isJson(notes)) &&
      Number.isSafeInteger(seq),
  )
  const controls = await every<{
    collection: string
    claim: number
    schema_version: number
    changed: number
  }>(
    'daybook_controls',
    ['collection', 'claim', 'schema_version', 'changed'],
    'schema versions and claims',
    ({ collection, claim, schema_version, changed }) =>
      isJson(collection) && [claim, changed].every(Number.isSafeInteger) && isVersion(schema_version),
  )
  const runs = await every<{ origin: string; origin_seq: number; seq: number; term: number; length: number }>(
    'daybook_origins',
    ['origin', 'origin_seq', 'seq', 'term', 'length'],
    'which transactions are known',
    ({ origin, origin_seq, seq, term, length }) =>
      typeof origin === 'string' && [origin_seq, seq, term, length].every(Number.isSafeInteger),
  )
  const statesAreWhole = !lost.includes('metadata of collections')
  const collections = registered.map(({ id, row_table }) => {
    const told = controls.find((each) => each.collection === id)
    const state = statesAreWhole
      ? states
          .filter((each) => each.collection === id && isJson(each.value))
          .map((each) => [each.name, each] as const)
      : []
    return {
      collection: textOf(id) as string,
      rows: new Scan<StoredRow>(driver, row_table.replaceAll('"', '""'), ROW_COLUMNS),
      controls: told
        ? { claim: told.claim, schemaVersion: told.schema_version, changed: told.changed }
        : UNMENTIONED,
      state: new Map(state),
    }
  })
  return {
    cursor: posted === DAMAGED || !Number.isSafeInteger(posted) ? undefined : posted,
    collections,
    runs: runs.map(({ origin_seq: originSeq, ...run }) => ({ ...run, originSeq })),
    lost,
  }
}

const ROW_COLUMNS = ['key', 'value', 'notes', 'metadata', 'metadata_notes', 'seq']

/** Whether a row that was read is one: damage may look like anything. */
export function isSoundRow(row: StoredRow): boolean {
  try {
    decodeKey(row.key)
    const value = JSON.parse(row.value) as unknown
    const others = [row.notes, row.metadata, row.metadata_notes]
    return (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      others.every((text) => text === null || isJson(text)) &&
      Number.isSafeInteger(row.seq)
    )
  } catch {
    return false
  }
}

function isJson(text: unknown): boolean {
  try {
    JSON.parse(String(text))
    return typeof text === 'string'
  } catch {
    return false
  }
}

function textOf(id: unknown): unknown {
  return isJson(id) ? JSON.parse(id as string) : undefined
}
