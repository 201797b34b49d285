/**
 * What the entries say of each collection besides its rows: the newest claim, the schema version, the last change.
 *
 * The table `daybook_controls` is a view of the log like the row tables, posted with the same cursor; so any of it is
 * found in one look-up, however long the log is and whatever was trimmed. What entries after the cursor say is found
 * by the partial index, which has no row for a plain transaction.
 *
 * Unlike rows it outlives a `reset`: a dropped collection keeps its claim, and its last change is the reset.
 */

import { all, first, type Program, run } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import { parseStored } from '../values/stored-json.js'
import { cursor } from './cursor.js'
import { opsOfPart } from './part-ops.js'
import { partAt } from './parts.js'
import { checkBehind, rawPage } from './read.js'
import type { StoredOp } from './stored-op.js'
import { log } from './tables.js'

const find = statement<[collection: string]>()(
  log
    .selectFrom('daybook_controls')
    .select(['claim', 'schema_version', 'changed'])
    .where('collection', '=', parameter<string>()),
)

const list = statement<[]>()(log.selectFrom('daybook_controls').selectAll().orderBy('collection'))

const write = statement<[collection: string, claim: number, schemaVersion: number, changed: number]>()(
  log
    .insertInto('daybook_controls')
    .values({
      collection: parameter<string>(),
      claim: parameter<number>(),
      schema_version: parameter<number>(),
      changed: parameter<number>(),
    })
    .onConflict((conflict) =>
      conflict.column('collection').doUpdateSet((e) => ({
        claim: e.ref('excluded.claim'),
        schema_version: e.ref('excluded.schema_version'),
        changed: e.ref('excluded.changed'),
      })),
    ),
)

const removeAll = statement<[above: string]>()(
  log.deleteFrom('daybook_controls').where('collection', '>=', parameter<string>()),
)

const inTail = statement<[]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'parts', 'body'])
    .where('kind', 'in', [literal('claim'), literal('reset'), literal('schema')])
    // Says the same again in the words of the partial index, so that SQLite uses it.
    .where('kind', '<>', literal('tx'))
    .where('seq', '>', log.selectFrom('daybook_cursor').select('seq')),
)

/** What the log says of a collection at some position. */
export interface Controls {
  /** The seq of the newest claim; 0 where nobody has claimed. */
  readonly claim: number
  /** The version that its rows have; 1 where no entry says otherwise. */
  readonly schemaVersion: number
  /** The seq of the last entry that touches it, claims aside; 0 where there is none. */
  readonly changed: number
}

/** Before the log first mentions a collection. */
export const UNMENTIONED: Controls = { claim: 0, schemaVersion: 1, changed: 0 }

/** What holds after an op of the entry at `seq`. The one definition of it, as `foldRow` is for rows. */
export function controlsAfter(before: Controls, op: StoredOp, seq: number): Controls {
  switch (op[0]) {
    case 'claim':
      return { ...before, claim: seq }
    case 'schema':
      return { ...before, schemaVersion: op[3], changed: seq }
    case 'reset':
      return { ...before, schemaVersion: 1, changed: seq }
    default:
      return before.changed === seq ? before : { ...before, changed: seq }
  }
}

/** What is posted of a collection. */
export function* postedControls(collection: string): Program<Controls> {
  const row = yield* first(find, JSON.stringify(collection))
  return row ? { claim: row.claim, schemaVersion: row.schema_version, changed: row.changed } : UNMENTIONED
}

/** What is posted of all collections, in the order of their ids. */
export function* listControls(): Program<(Controls & { readonly collection: string })[]> {
  return (yield* all(list)).map(({ collection, claim, schema_version: schemaVersion, changed }) => ({
    collection: parseStored<string>(collection),
    claim,
    schemaVersion,
    changed,
  }))
}

/** Posts what newly posted entries say. */
export function* postControls(controls: ReadonlyMap<string, Controls>): Program<void> {
  for (const [collection, { claim, schemaVersion, changed }] of controls) {
    yield* run(write, JSON.stringify(collection), claim, schemaVersion, changed)
  }
}

/** Forgets all of it, to be posted anew. */
export function* clearControls(): Program<void> {
  yield* run(removeAll, '')
}

/** The newest claim and the schema version of a collection at the end of the log, whatever is posted. */
export function* controlsOf(collection: string): Program<Omit<Controls, 'changed'>> {
  let controls = yield* postedControls(collection)
  // The index has them by kind; there are few.
  const entries = [...(yield* all(inTail))].sort((a, b) => a.seq - b.seq)
  for (const { seq, parts, body } of entries) {
    for (let part = 0; part < parts; part++) {
      const text = part === 0 ? body : ((yield* first(partAt, seq, part))?.body ?? '[]')
      const ops = opsOfPart(text, seq)
      for (const op of ops) if (op[1] === collection) controls = controlsAfter(controls, op, seq)
      // Only rows follow a schema op, and they may be many.
      if (ops.some(([name]) => name === 'schema')) break
    }
  }
  return controls
}

/** The seq of an entry after `seq` that touches a collection, claims aside; nothing when there is none. */
export function* changedAfter(collection: string, seq: number): Program<number | undefined> {
  const { changed } = yield* postedControls(collection)
  if (changed > seq) return changed
  let through = Math.max(seq, yield* cursor())
  for (;;) {
    const entries = yield* rawPage(through, PAGE)
    for (const { entry } of entries) {
      checkBehind(entry.position.seq, through)
      through = entry.position.seq
      if (entry.kind === 'checkpoint' || entry.kind === 'claim') continue
      for (const part of entry.parts) {
        for (const [, touched] of opsOfPart(part, through)) if (touched === collection) return through
      }
    }
    if (entries.length === 0) return undefined
  }
}

/** Entries read at a time. */
const PAGE = 100
