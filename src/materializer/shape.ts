/** What the rows of a collection look like: the fields that were seen in some of them, and their types. */

import { all, type Program } from '../drivers/program.js'
import { rowTable } from './tables.js'

export interface FieldShape {
  readonly field: string
  /** The types that were seen, the most frequent first. */
  readonly types: readonly string[]
  /** In how many of the rows that were looked at. */
  readonly rows: number
}

/** Looks at so many rows. A damaged row is left out. */
export function* shapeOf(table: string, limit: number): Program<{ rows: number; fields: FieldShape[] }> {
  const fields = new Map<string, Map<string, number>>()
  const rows = yield* all(rowTable(table).scan, Number.MIN_SAFE_INTEGER, limit)
  for (const { value, notes } of rows) {
    for (const [field, type] of typesIn(value, notes)) {
      const types = fields.get(field) ?? new Map<string, number>()
      fields.set(field, types)
      types.set(type, (types.get(type) ?? 0) + 1)
    }
  }
  const shapes = Array.from(fields, ([field, types]) => ({
    field,
    types: [...types].sort((a, b) => b[1] - a[1]).map(([type]) => type),
    rows: [...types.values()].reduce((sum, count) => sum + count, 0),
  }))
  return { rows: rows.length, fields: shapes }
}

function typesIn(value: string, notes: string | null): [string, string][] {
  try {
    const noted = new Map<string, string>()
    for (const [type, field, ...deeper] of notes === null ? [] : (JSON.parse(notes) as string[][])) {
      if (field !== undefined && deeper.length === 0) noted.set(field, type as string)
    }
    return Object.entries(JSON.parse(value) as object).map(([field, json]) => [
      field,
      noted.get(field) ?? typeOf(json),
    ])
  } catch {
    return []
  }
}

const typeOf = (json: unknown): string =>
  json === null ? 'null' : Array.isArray(json) ? 'array' : typeof json
