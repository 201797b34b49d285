/**
 * Faults at every statement of every program.
 *
 * A crash may leave a phantom (an entry that nobody was told of), never a hole, never a half, never a double. Each case
 * runs one program once for every statement it has and every kind of fault, on a copy of one prepared file. Then
 * a new process opens what was left, and everything that was asked for is sent again.
 */

import { describe, expect, test } from 'vitest'
import type { Requirement } from '../../src/log/entry.js'
import type { Op } from '../../src/log/op.js'
import { put } from '../support/arbitraries.js'
import { asynchronous, commits, connect, FAULTS, type FaultKind, faulty } from '../support/connections.js'
import { copyAsKilled, newFile, removeFile } from '../support/files.js'
import { checkDatabase, History } from '../support/history.js'
import { apply, changesRows, difference, type Model, readModel } from '../support/model.js'
import { openConnection, readAll, type Session, transaction } from '../support/open.js'

interface Case {
  /** Makes the file that the program begins with; nothing where the program makes the file. */
  readonly prepare?: (session: Session, history: History) => Promise<void>
  /** The program under test. Whatever rejects is caught: only what resolves is a promise to anybody. */
  readonly act: (session: Session, history: History) => Promise<void>
  /** The log was trimmed: it cannot be folded from its beginning. */
  readonly trims?: boolean
}

/** Several collections in one entry, and every kind of op. */
const mixed = (turn: number): readonly Op[] => [
  put('todos', 1, { id: 1, turn, due: new Date(turn) }),
  put('todos', '1', { id: '1', turn }),
  { op: 'patch', collection: 'todos', key: 1, fields: { turn: -turn }, unset: ['due'] },
  { op: 'meta', collection: 'todos', key: 1, value: { etag: turn } },
  put(`list ${turn}`, 'a', { turn }),
  { op: 'state', collection: 'lists', name: 'cursor', value: turn },
  ...(turn % 2 === 0
    ? [{ op: 'delete' as const, collection: 'todos', key: '1' }]
    : [{ op: 'truncate' as const, collection: `list ${turn - 1}` }]),
]

const ignore = (): undefined => undefined

async function appendAll(session: Session, history: History, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await history.send(session, history.make(mixed(turn)))
}

const cases: Record<string, Case> = {
  'creating the database': {
    act: async (session, history) => {
      await history.send(session, history.make(mixed(1))).catch(ignore)
    },
  },
  'one append': {
    prepare: (session, history) => appendAll(session, history, 2),
    act: async (session, history) => {
      await history.send(session, history.make(mixed(5))).catch(ignore)
    },
  },
  'appends one after the other': {
    act: async (session, history) => {
      for (let turn = 0; turn < 3; turn++)
        await history.send(session, history.make(mixed(turn))).catch(ignore)
    },
  },
  'appends in one group, one of them twice': {
    prepare: (session, history) => appendAll(session, history, 2),
    act: async (session, history) => {
      const asked = [2, 3, 4].map((turn) => history.make(mixed(turn)))
      await Promise.allSettled(
        [...asked, asked[1]!, history.asked[0]!].map((each) => history.send(session, each)),
      )
    },
  },
  'an append in several parts, between two others': {
    prepare: (session, history) => appendAll(session, history, 1),
    act: async (session, history) => {
      const asked = [history.make(mixed(1)), history.makeInParts(mixed(2)), history.make(mixed(3))]
      await Promise.allSettled(asked.map((each) => history.send(session, each)))
    },
  },
  'a retry': {
    prepare: (session, history) => appendAll(session, history, 3),
    act: async (session, history) => {
      for (const asked of history.asked) await history.send(session, asked).catch(ignore)
    },
  },
  'claiming a term': {
    prepare: (session, history) => appendAll(session, history, 1),
    act: async (session, history) => {
      await session.journal.claimTerm().catch(ignore)
      await history.send(session, history.make(mixed(1))).catch(ignore)
    },
  },
  'claiming a collection, and writing under the claim': {
    prepare: (session, history) => appendAll(session, history, 1),
    act: async (session, history) => {
      const claim = await history
        .send(session, history.make([{ op: 'claim', collection: 'todos' }]))
        .catch(ignore)
      if (claim === undefined) return
      await history.send(session, history.make(mixed(1), [['claim', 'todos', claim.seq]])).catch(ignore)
    },
  },
  'a refused append between two others': {
    prepare: async (session, history) => {
      await appendAll(session, history, 1)
      await session.journal.claim('todos')
    },
    act: async (session, history) => {
      const refused = transaction('nobody', 1, [put('lost', 1, {})])
      const answers = await Promise.allSettled([
        history.send(session, history.make(mixed(1), [['claim', 'todos', 3]])),
        session.journal.append({ ...refused, requires: [['claim', 'todos', 2]] }),
        history.send(session, history.make(mixed(2), [['schema', 'todos', 1]])),
      ])
      expect(answers[1].status).toBe('rejected')
    },
  },
  'a new schema version': {
    prepare: (session, history) => appendAll(session, history, 2),
    act: async (session, history) => {
      const migration: Op[] = [
        { op: 'schema', collection: 'todos', from: 1, to: 2 },
        { op: 'truncate', collection: 'todos' },
        put('todos', 1, { id: 1, version: 2 }),
        put('todos', '1', { id: '1', version: 2 }),
      ]
      const requires: Requirement[] = [
        ['unchanged', 'todos', 3],
        ['schema', 'todos', 1],
      ]
      await history.send(session, history.makeInParts(migration, requires)).catch(ignore)
      await session.journal.query('todos').catch(ignore)
    },
  },
  'posting, by a query': {
    prepare: async (session, history) => {
      await appendAll(session, history, 2)
      await session.journal.query('todos')
      await appendAll(session, history, 5)
    },
    act: async (session) => {
      await session.journal.query('todos').catch(ignore)
    },
  },
  'posting, by a query, from nothing': {
    prepare: (session, history) => appendAll(session, history, 3),
    act: async (session) => {
      await session.journal.query('todos').catch(ignore)
    },
  },
  'posting in the background and on close': {
    act: async (session, history) => {
      await history.send(session, history.make(mixed(0))).catch(ignore)
      await session.clock.advance(1000)
      await history.send(session, history.make(mixed(1))).catch(ignore)
      await session.journal.close().catch(ignore)
    },
  },
  rebuilding: {
    prepare: (session, history) => appendAll(session, history, 4),
    act: async (session) => {
      await session.maintenance.rebuild().catch(ignore)
    },
  },
  compacting: {
    trims: true,
    prepare: (session, history) => appendAll(session, history, 4),
    act: async (session, history) => {
      await session.journal.compact().catch(ignore)
      await history.send(session, history.make(mixed(5))).catch(ignore)
    },
  },
}

/** The file that a case begins with, made once, and what the log has then. */
interface Prepared {
  readonly file: string
  readonly history: () => History
}

async function prepareOnce({ prepare }: Case): Promise<Prepared> {
  const file = newFile()
  const history = new History()
  if (prepare) {
    const session = await openConnection(connect(file))
    await prepare(session, history)
    // Not the journal: closing that would post.
    await session.driver.close()
  }
  return { file, history: () => history.copy() }
}

/** Runs a case with one fault (or none) and checks what is left; answers the statements that were executed. */
async function crash(
  { act, prepare, trims = false }: Case,
  prepared: Prepared,
  { kind, at, late }: { kind: FaultKind | undefined; at: number; late: boolean },
): Promise<{ statements: readonly string[]; begin: number }> {
  const history = prepared.history()
  const original = prepare ? copyAsKilled(prepared.file) : newFile()
  const real = connect(original)
  const fault = faulty(late ? asynchronous(real) : real, kind, at)
  const session = await openConnection(fault.connection).catch(ignore)
  const begin = fault.statements.length
  if (session !== undefined) await act(session, history)

  // What a kill leaves is what is on disk now; a process that lives on closes in order.
  if (!fault.died()) await session?.journal.close().catch(ignore)
  if (kind !== undefined) expect(fault.hit()).toBeDefined()
  const left = copyAsKilled(original)
  await real.close()

  const next = await openConnection(connect(left))
  if (!trims) await checkDatabase(next, history)
  // Everybody who did not hear an answer asks again, and everybody else as well.
  for (let time = 0; time < 2; time++) {
    for (const asked of history.asked) await history.send(next, asked)
  }
  if (trims) await checkTrimmed(next, history)
  else await checkDatabase(next, history)
  await next.journal.close()
  removeFile(original)
  removeFile(left)
  return { statements: fault.statements, begin: prepare ? begin : 0 }
}

/** What still can be checked when the beginning of the log is gone. */
async function checkTrimmed(session: Session, history: History): Promise<void> {
  expect((await session.maintenance.verify()).findings).toEqual([])
  const seqs = history.asked.map(({ acknowledged }) => acknowledged!.seq)
  expect(new Set(seqs).size).toBe(seqs.length)
  for (const entry of await readAll(session)) {
    if (!changesRows(entry.kind)) continue
    expect(history.asked[entry.originSeq - 1]?.acknowledged).toEqual(entry.position)
  }
  const expected: Model = new Map()
  const inOrder = [...history.asked].sort((a, b) => a.acknowledged!.seq - b.acknowledged!.seq)
  for (const { ops, acknowledged } of inOrder) apply(expected, ops, acknowledged!.seq)
  expect(difference(await readModel(session), expected)).toBeUndefined()
}

for (const late of [false, true]) {
  describe(late ? 'with a connection that answers late' : 'with a connection that answers at once', () => {
    describe.each(Object.entries(cases))('%s', (_, each) => {
      // Late answers run the same programs; what can differ is who comes between, and a lost answer.
      test.each(late ? (['dies before', 'commit unknown'] as const) : FAULTS)(
        'loses nothing, doubles nothing, halves nothing when a statement %s',
        async (kind) => {
          const prepared = await prepareOnce(each)
          const { statements, begin } = await crash(each, prepared, { kind: undefined, at: 0, late })
          expect(statements.length - begin).toBeGreaterThan(2)
          for (let at = begin + 1; at <= statements.length; at++) {
            if (kind === 'commit unknown' && !commits(statements[at - 1] as string)) continue
            try {
              await crash(each, prepared, { kind, at, late })
            } catch (error) {
              const where = `statement ${at}, ${statements[at - 1]}`
              throw new Error(`at ${where}: ${error instanceof Error ? error.message : error}`, {
                cause: error,
              })
            }
          }
        },
      )
    })
  })
}
