/**
 * Counter-examples: programs that once lost what was acknowledged or showed what is not so. Each runs as the machine runs
 * it, with all of its checks, and reaches the branch that it is about.
 */

import { expect, test } from 'vitest'
import { type BorderBranch, type BorderProgram, type BorderStep, replayBorder } from '../../src/testing.js'

type Change = Extract<BorderStep, { do: 'change' }>
type Fields = Extract<Change['changes'][number], { kind: 'insert' }>['fields']

const eager = { mode: 'eager', handlers: true, garbage: false, indexed: false, initial: 0 } as const
const onDemand = { ...eager, mode: 'on-demand' } as const
const source = {
  updates: 'full',
  resumes: 'token',
  commits: 1,
  pushes: 'everything',
  metadata: false,
} as const

const program = (shape: Partial<BorderProgram>, ...steps: BorderStep[]): BorderProgram => ({
  contexts: ['handle'],
  a: eager,
  b: eager,
  fates: [[0]],
  ...shape,
  steps,
})

const TWO: Partial<BorderProgram> = { contexts: ['handle', 'handle'] }

const insert = (
  key: number,
  fields: Fields = {},
  { who = 0, handler = 'ends' }: { who?: number; handler?: Change['handler'] } = {},
): BorderStep => ({ do: 'change', who, on: 'a', changes: [{ kind: 'insert', key, fields }], handler })
const update = (key: number, fields: Fields, { who = 0 } = {}): BorderStep => ({
  do: 'change',
  who,
  on: 'a',
  changes: [{ kind: 'update', key, fields }],
  handler: 'ends',
})
const remove = (key: number): BorderStep => ({
  do: 'change',
  who: 0,
  on: 'a',
  changes: [{ kind: 'delete', key }],
  handler: 'ends',
})
const query = (of: number, p = 0, who = 0): BorderStep => ({ do: 'query', who, shape: { of, p, on: 'a' } })
const restart = (who = 0, source = true): BorderStep => ({ do: 'restart', who, how: 'close', source })
const QUIET: BorderStep = { do: 'quiet' }

/** The places of live queries in queries.ts. */
const ALL = 0
const TAG = 1
const FIRST_BY_N = 20
const SECOND_BY_N = 21
const TAG_AND_N = 34

const cases: readonly (readonly [string, BorderProgram, BorderBranch?])[] = [
  [
    'an update right behind an insert whose handler waits is kept',
    program({}, insert(1, { n: 1 }, { handler: 'waits' }), update(1, { n: 2 }), QUIET, restart()),
    'an update waited behind an insert whose handler waits',
  ],
  [
    'a delete right behind an insert whose handler waits is kept',
    program({}, insert(1, { n: 1 }, { handler: 'waits' }), remove(1), QUIET, restart()),
  ],
  [
    'a transaction over two collections waits behind an insert whose handler waits',
    program(
      {},
      insert(1, { n: 1 }, { handler: 'waits' }),
      {
        do: 'transaction',
        who: 0,
        changes: [
          { on: 'a', change: { kind: 'update', key: 1, fields: { n: 2 } } },
          { on: 'b', change: { kind: 'insert', key: 1, fields: { n: 3 } } },
        ],
        keeping: 'commit',
        ends: 'now',
      },
      QUIET,
      restart(),
    ),
    'a transaction over two collections was kept',
  ],
  [
    'an update behind an insert that is refused is refused',
    program({}, insert(1, { n: 1 }, { handler: 'rejects' }), update(1, { n: 2 }), QUIET),
    'a change was refused because an earlier one was',
  ],
  [
    'a row of initialData is updated, and stays so at later starts',
    program({ a: { ...eager, initial: 2 } }, update(1, { n: 4 }), QUIET, restart(), QUIET, restart()),
    'initialData was left alone because the collection existed',
  ],
  [
    'one of two contexts that insert a key is refused',
    program(TWO, QUIET, insert(1, { n: 1 }), insert(1, { n: 2 }, { who: 1 })),
    'an insert was refused because its key was taken',
  ],
  [
    'a row that another context deleted is not updated',
    program(TWO, insert(1, { n: 1 }), QUIET, remove(1), update(1, { n: 2 }, { who: 1 })),
    'an update was refused because its row was gone',
  ],
  [
    'a row on disk that comes to fit by a patch of another context is shown',
    program(
      { ...TWO, a: onDemand },
      insert(1, { tag: 'y' }, { who: 1 }),
      QUIET,
      query(TAG),
      QUIET,
      update(1, { tag: 'x' }, { who: 1 }),
    ),
    'a row on disk came to fit a loaded subset without being in memory',
  ],
  [
    'a row on disk that moves into a page is shown',
    program(
      { ...TWO, a: onDemand },
      insert(1, { n: 1 }, { who: 1 }),
      insert(2, { n: 2 }, { who: 1 }),
      QUIET,
      query(FIRST_BY_N),
      QUIET,
      update(2, { n: 0 }, { who: 1 }),
    ),
    'a row moved into an ordered page',
  ],
  [
    // `sort()` puts undefined last, wherever the order of the query has it: the page ended at the wrong row.
    'a row belongs to a page of rows without the value that they are ordered by',
    program(
      { ...TWO, a: onDemand },
      insert(1, { n: 1 }, { who: 1 }),
      insert(2, {}, { who: 1 }),
      insert(3, { n: 3 }, { who: 1 }),
      QUIET,
      query(SECOND_BY_N),
      QUIET,
      insert(4, { n: 0 }, { who: 1 }),
    ),
  ],
  [
    'a handler accepts its own mutations',
    program({}, insert(1, {}, { handler: 'accepts' })),
    'a handler accepted its own mutations',
  ],
  [
    'mutations that are accepted and not awaited are shown all the time',
    program({}, query(ALL), {
      do: 'transaction',
      who: 0,
      changes: [{ on: 'a', change: { kind: 'insert', key: 1, fields: {} } }],
      keeping: 'accept unawaited',
      ends: 'now',
    }),
    'mutations were accepted and not awaited',
  ],
  [
    'a source commits inside another commit: the log has both in the order of memory',
    program(
      { a: { ...eager, source } },
      QUIET,
      { do: 'source', on: 'a', what: 'nested' },
      { do: 'server', on: 'a', changes: [{ kind: 'update', key: 1, fields: { n: 3 } }] },
      QUIET,
      restart(0, false),
    ),
    'a source committed inside another commit',
  ],
  [
    'what a source does not send again was deleted upstream',
    program(
      { a: { ...eager, source: { ...source, resumes: 'snapshot' } } },
      QUIET,
      { do: 'source', on: 'a', what: 'away' },
      { do: 'server', on: 'a', changes: [{ kind: 'delete', key: 1 }] },
      restart(),
      { do: 'source', on: 'a', what: 'back' },
    ),
    'rows that a source had not sent again were deleted',
  ],
  [
    'a source that truncates leaves no subset that is marked as answered and is empty',
    program(
      { a: { ...onDemand, source: { ...source, resumes: 'truncate' } } },
      query(ALL),
      QUIET,
      { do: 'source', on: 'a', what: 'truncate first' },
      restart(0, false),
      query(ALL),
    ),
    'a source truncated',
  ],
  [
    // Marks of answered subsets were written with each answer, also where it said nothing new.
    'answers of rows that the log has already append next to nothing',
    program(
      { a: { ...onDemand, source: { ...source, updates: 'partial' } } },
      { do: 'time', ms: 20 },
      { do: 'read much', who: 0, on: 'a' },
    ),
    'a context read much',
  ],
  [
    'a row of server rendering that a local-only collection has in memory only is updated, and kept whole',
    program({}, QUIET, { do: 'hydrate', who: 0, on: 'a', keys: [1] }, update(1, { n: 1 }), QUIET, restart()),
    'a row that only memory had was changed, and kept whole',
  ],
  [
    'rows that came with server rendering are written, and are there without the source',
    program(
      { a: { ...eager, source } },
      { do: 'hydrate', who: 0, on: 'a', keys: [] },
      QUIET,
      restart(0, false),
    ),
    'a collection was ready without its source',
  ],
  [
    'a row of server rendering that a snapshot has not sent was deleted upstream',
    program(
      { a: { ...eager, source: { ...source, resumes: 'snapshot' } } },
      { do: 'hydrate', who: 0, on: 'a', keys: [] },
      { do: 'server', on: 'a', changes: [{ kind: 'delete', key: 2 }] },
    ),
    'rows came with server rendering',
  ],
  [
    'a row of server rendering that the source of another context does not have goes',
    program(
      { contexts: ['handle', 'remote'], a: { ...eager, source: { ...source, commits: 2 } } },
      { do: 'hydrate', who: 1, on: 'a', keys: [] },
      { do: 'server', on: 'a', changes: [{ kind: 'delete', key: 1 }] },
    ),
    'rows came with server rendering',
  ],
  [
    'rows that came with server rendering stay for as long as the source cannot be asked',
    program(
      { a: { ...eager, source } },
      restart(0, false),
      { do: 'hydrate', who: 0, on: 'a', keys: [] },
      QUIET,
    ),
    'a seed stayed, because its source could not be asked',
  ],
  [
    "another user's rows are not shown, also without the source",
    program(
      { a: { ...eager, source } },
      QUIET,
      { do: 'source', on: 'a', what: 'away' },
      { do: 'another identity', on: 'a' },
      QUIET,
      { do: 'source', on: 'a', what: 'back' },
    ),
    'another identity began',
  ],
  [
    'a collection is migrated while a context of the older version has it open',
    program(
      TWO,
      insert(1, { n: 1 }),
      QUIET,
      { do: 'new version', who: 0 },
      update(1, { n: 2 }, { who: 1 }),
      QUIET,
    ),
    'a collection was migrated',
  ],
  [
    'a collection that is dropped is empty in all contexts, and is filled again',
    program(
      { ...TWO, a: onDemand },
      insert(1, { n: 1 }),
      query(ALL, 0, 1),
      QUIET,
      { do: 'drop', who: 1, on: 'a', key: 1 },
      insert(2, { n: 2 }),
      QUIET,
      insert(1, { n: 3 }, { who: 1 }),
    ),
    'a collection was dropped while it was open',
  ],
  [
    'a row that is forgotten goes from all contexts',
    program(TWO, insert(1, { n: 1 }), QUIET, { do: 'forget', who: 1, on: 'a', key: 1 }),
    'a row was forgotten',
  ],
  [
    // The answer was cut like a page of the log, for it has `entries` as well.
    'entries are redacted through a channel',
    program({ contexts: ['handle', 'remote'] }, insert(1, { n: 1 }), QUIET, {
      do: 'redact',
      who: 1,
      on: 'a',
      key: 1,
    }),
    'entries were redacted',
  ],
  [
    // Rows of an earlier session counted as sent by this one.
    'a row that was deleted while another context ran the source goes, though this context had it from its own session',
    program(
      { ...TWO, a: { ...eager, source: { ...source, resumes: 'snapshot' } } },
      insert(3, {}, { who: 1 }),
      QUIET,
      remove(1),
    ),
  ],
  [
    // It was given away between the claim and the beginning of the session, and nobody asked for it again.
    'a mutation that waits for its source is done, though the role is asked for before the source runs',
    program(
      {
        contexts: ['handle', 'remote'],
        fates: [[40, 0], [1500], [0]],
        a: {
          ...onDemand,
          handlers: false,
          indexed: true,
          source: { ...source, pushes: 'what was asked for' },
        },
        b: { ...eager, handlers: false, source: { ...source, resumes: 'snapshot', commits: 2 } },
      },
      { do: 'server', on: 'b', changes: [{ kind: 'update', key: 2, fields: {} }] },
      { do: 'change', who: 1, on: 'b', changes: [{ kind: 'delete', key: '1' }], handler: 'ends' },
      query(23, 4, 1),
      { do: 'change', who: 1, on: 'b', changes: [{ kind: 'insert', key: '1', fields: {} }], handler: 'ends' },
      { do: 'time', ms: 300 },
      { do: 'change', who: 0, on: 'b', changes: [{ kind: 'insert', key: 3, fields: {} }], handler: 'ends' },
    ),
  ],
  [
    // The second one was put on top of the row on disk, as if the first had not been.
    'updates of fields add up on a row that waits behind that of server rendering',
    program(
      { a: { ...eager, source: { ...source, updates: 'partial', commits: 2 } } },
      QUIET,
      { do: 'cleanup', who: 0, on: 'a' },
      { do: 'server', on: 'a', changes: [{ kind: 'update', key: 1, fields: { n: 3 } }] },
      { do: 'server', on: 'a', changes: [{ kind: 'update', key: 1, fields: {} }] },
      { do: 'hydrate', who: 0, on: 'a', keys: [] },
      { do: 'preload', who: 0, on: 'a' },
    ),
    'rows came with server rendering',
  ],
  [
    // By itself the number is no condition that is true.
    'a number that is not false is taken for true within a condition',
    program({ a: onDemand }, insert(1, { n: 0, tag: 'x' }), QUIET, restart(), query(TAG_AND_N)),
  ],
  [
    // The answer to the append overtook its entry, whose row then counted as one that was there before.
    'a row that a source has sent stays, though its entry comes later than the answer to its append',
    program(
      {
        contexts: ['handle', 'remote', 'remote'],
        fates: [[5, 40], [], [0], [0]],
        a: {
          ...eager,
          handlers: false,
          garbage: true,
          source: { ...source, updates: 'partial', resumes: 'snapshot', commits: 2 },
        },
        b: {
          ...eager,
          handlers: false,
          source: { ...source, updates: 'partial', resumes: 'snapshot', commits: 2 },
        },
      },
      { do: 'turns', count: 0 },
      { do: 'cleanup', who: 1, on: 'b' },
      QUIET,
      query(3, 3, 2),
      QUIET,
      { do: 'change', who: 1, on: 'a', changes: [{ kind: 'insert', key: 'k', fields: {} }], handler: 'ends' },
      { do: 'source', on: 'a', what: 'metadata' },
      QUIET,
      { do: 'cleanup', who: 0, on: 'b' },
      { do: 'server', on: 'b', changes: [{ kind: 'update', key: 1, fields: {} }] },
    ),
  ],
  [
    'rows of server rendering wait for their source, though it fails at first',
    program(
      { b: { ...eager, handlers: false, source: { ...source, updates: 'partial' } } },
      QUIET,
      { do: 'source', on: 'b', what: 'fails' },
      { do: 'cleanup', who: 0, on: 'b' },
      { do: 'hydrate', who: 0, on: 'b', keys: [1] },
      { do: 'preload', who: 0, on: 'b' },
    ),
  ],
  [
    'rows that were read before a collection was read again as a whole are not shown behind it',
    program(
      {
        contexts: ['handle', 'remote', 'remote'],
        fates: [[40], [0]],
        a: {
          ...onDemand,
          indexed: true,
          source: {
            ...source,
            updates: 'partial',
            resumes: 'snapshot',
            commits: 2,
            pushes: 'what was asked for',
            metadata: true,
          },
        },
        b: {
          ...onDemand,
          handlers: false,
          garbage: true,
          source: { ...source, updates: 'partial', resumes: 'snapshot', pushes: 'what was asked for' },
        },
      },
      { do: 'query', who: 2, shape: { of: FIRST_BY_N, p: 2, on: 'a' } },
      QUIET,
      { do: 'server', on: 'a', changes: [{ kind: 'update', key: 1, fields: {} }] },
      { do: 'change', who: 2, on: 'a', changes: [{ kind: 'delete', key: 2 }], handler: 'waits' },
      {
        do: 'transaction',
        who: 0,
        changes: [{ on: 'a', change: { kind: 'update', key: 1, fields: {} } }],
        keeping: 'commit',
        ends: 'now',
      },
      { do: 'time', ms: 20 },
      { do: 'new version', who: 1 },
      { do: 'change', who: 0, on: 'a', changes: [{ kind: 'delete', key: 1 }], handler: 'ends' },
    ),
  ],
  [
    'rows on disk that server rendering lacks are shown when their source stays silent',
    program(
      { b: { ...eager, handlers: false, source: { ...source, updates: 'partial', resumes: 'truncate' } } },
      QUIET,
      { do: 'new version', who: 0 },
      { do: 'server', on: 'b', changes: [{ kind: 'delete', key: 2 }] },
      { do: 'source', on: 'b', what: 'away' },
      { do: 'hydrate', who: 0, on: 'b', keys: [1] },
      QUIET,
    ),
  ],
  [
    'fields of a row that came with server rendering, and is not on disk, make no row of the log of it',
    program(
      {
        ...TWO,
        a: {
          ...onDemand,
          handlers: false,
          source: { ...source, updates: 'partial', resumes: 'truncate', commits: 2, metadata: true },
        },
        b: { ...eager, handlers: false, garbage: true },
      },
      restart(),
      insert(3, {}, { who: 1 }),
      { do: 'hydrate', who: 0, on: 'a', keys: [2, 4] },
      { do: 'server', on: 'a', changes: [{ kind: 'update', key: 1, fields: {} }] },
    ),
  ],
  [
    'a collection is ready without its source once it was complete',
    program({ a: { ...eager, source } }, QUIET, restart(0, false)),
    'a collection was ready without its source',
  ],
]

for (const [name, run, branch] of cases)
  test(name, async () => {
    const reached = await replayBorder(run)
    if (branch !== undefined) expect(reached[branch]).toBeGreaterThan(0)
  })
