/** Where programs come from. Few keys and few values, so that what is done meets what was done. */

import * as fc from 'fast-check'
import type {
  Behaviour,
  Change,
  Changed,
  CollectionShape,
  On,
  Program,
  SourceEvent,
  SourceShape,
  Step,
} from './program.js'
import { ARRIVE, PAGED_KINDS, QUERY_KINDS } from './queries.js'
import { type Fields, fieldsFrom, keys } from './values.js'

/** What programs are about. */
export const FOCUSES = ['local', 'on demand', 'contexts', 'synced', 'everything'] as const
export type Focus = (typeof FOCUSES)[number]

export interface Bounds {
  readonly steps: number
  /** Values that columns may have besides those of the machine. */
  readonly values: readonly unknown[]
  readonly modes: readonly CollectionShape['mode'][]
}

const on = fc.constantFrom<On>('a', 'b')
const who = fc.nat({ max: 2 })

export function programs(focus: Focus, { steps, values, modes }: Bounds): fc.Arbitrary<Program> {
  return (
    fc
      .record({
        contexts: contextsOf(focus),
        a: shapeOf(focus, modes),
        b: shapeOf(focus, modes),
        fates: fc.oneof(
          fc.constant([[0]]),
          fc.array(fc.array(fc.constantFrom(0, 5, 40, 1500), { maxLength: 2 }), {
            minLength: 1,
            maxLength: 5,
          }),
        ),
        steps: stepsOf(focus, { steps, values }),
      })
      // For each message that is lost, one arrives: otherwise it is no channel.
      .map((program) => {
        const fates: readonly (readonly number[])[] = program.fates
        const lost = fates.filter((times) => times.length === 0)
        return { ...program, fates: [...fates, ...lost.map(() => [0]), [0]] }
      })
      .map((program) =>
        hasMixedNumbers(program.steps)
          ? { ...program, steps: program.steps.filter((step) => step.do !== 'window') }
          : program,
      )
  )
}

/**
 * Whether a number is not one in some row. TanStack DB 0.15.2 does not read in order from an index over values of several
 * types, and loads the rows of a moved window again and again, without an end, where it is not full; in memory as well.
 */
const hasMixedNumbers = (steps: readonly Step[]): boolean => {
  const isMixed = (change: Change): boolean =>
    'fields' in change && ['bigint', 'string'].includes(typeof change.fields.n)
  return steps.some(
    (step) =>
      'changes' in step &&
      step.changes.some((each: Change | Changed) => isMixed('change' in each ? each.change : each)),
  )
}

function contextsOf(focus: Focus): fc.Arbitrary<Program['contexts']> {
  const one = fc.constant(['handle'] as const)
  const more = fc
    .array(fc.constantFrom('handle' as const, 'remote' as const), { minLength: 1, maxLength: 2 })
    .map((others) => ['handle' as const, ...others])
  if (focus === 'local') return one
  if (focus === 'contexts') return more
  // Rows that only the disk has are those of others, mostly.
  if (focus === 'on demand') return fc.oneof({ weight: 1, arbitrary: one }, { weight: 2, arbitrary: more })
  return fc.oneof({ weight: 2, arbitrary: one }, { weight: 1, arbitrary: more })
}

function shapeOf(focus: Focus, modes: Bounds['modes']): fc.Arbitrary<CollectionShape> {
  const mode =
    focus === 'on demand' ? fc.constant('on-demand' as const) : fc.constantFrom(...modes, modes[0] ?? 'eager')
  const garbage = fc.constantFrom(false, false, true)
  const local = fc.record({
    mode,
    handlers: fc.boolean(),
    garbage,
    indexed: fc.boolean(),
    initial: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
    ),
  })
  const source: fc.Arbitrary<SourceShape> = fc.record({
    updates: fc.constantFrom('full', 'partial'),
    resumes: fc.constantFrom('token', 'snapshot', 'truncate'),
    commits: fc.integer({ min: 1, max: 2 }),
    pushes: fc.constantFrom('everything', 'what was asked for'),
    metadata: fc.boolean(),
  })
  const synced = fc.record({
    mode,
    handlers: fc.boolean(),
    garbage,
    indexed: fc.boolean(),
    initial: fc.constant(0),
    source,
  })
  if (focus === 'synced') return synced
  if (focus === 'everything') return fc.oneof(local, synced)
  return local
}

function stepsOf(focus: Focus, { steps, values }: Pick<Bounds, 'steps' | 'values'>): fc.Arbitrary<Step[]> {
  const one = stepOf(focus, fieldsFrom(values)).map((step) => [step])
  const seldom = focus === 'on demand' ? arrivals : focus === 'synced' ? sourceNews : undefined
  const some = seldom ? fc.oneof({ weight: 30, arbitrary: one }, { weight: 1, arbitrary: seldom }) : one
  return fc.array(some, { minLength: 1, maxLength: steps, size: 'max' }).map((lists) => lists.flat())
}

/** What chance seldom does by itself: a row that only the disk has comes into a live query, and into one that begins then. */
const arrivals: fc.Arbitrary<Step[]> = fc
  .record({ on, who: fc.integer({ min: 1, max: 2 }), key: keys, of: fc.constantFrom(...ARRIVE) })
  .map(({ on, who, key, of }): Step[] => {
    const change = (kind: 'insert' | 'update', fields: Fields): Step => ({
      do: 'change',
      who,
      on,
      changes: [{ kind, key, fields }],
      handler: 'ends',
    })
    return [
      change('insert', { n: 4, tag: 'y' }),
      { do: 'quiet' },
      { do: 'query', who: 0, shape: { of, p: 0, on } },
      { do: 'quiet' },
      change('update', { n: 0, tag: 'x' }),
      { do: 'quiet' },
      { do: 'another object', who: 0, on },
      { do: 'query', who: 0, shape: { of, p: 0, on } },
      { do: 'quiet' },
    ]
  })

/**
 * A source hears of a row that it has told before: in the middle of a commit, in a new session, or in one whose rows came
 * with server rendering.
 */
const sourceNews: fc.Arbitrary<Step[]> = fc
  .record({
    on,
    who,
    key: fc.constantFrom(1, 2),
    when: fc.constantFrom('nested', 'in a new session', 'rendered'),
  })
  .map(({ on, who, key, when }): Step[] => [
    { do: 'query', who, shape: { of: 0, p: 0, on } },
    { do: 'quiet' },
    when === 'nested' ? { do: 'source', on, what: 'nested' } : { do: 'cleanup', who, on },
    { do: 'server', on, changes: [{ kind: 'update', key, fields: { n: 3 } }] },
    ...(when === 'rendered'
      ? ([
          { do: 'server', on, changes: [{ kind: 'update', key, fields: {} }] },
          { do: 'hydrate', who, on, keys: [key] },
          { do: 'preload', who, on },
        ] as const)
      : []),
    { do: 'quiet' },
  ])

const BEHAVIOURS: readonly Behaviour[] = [
  'ends',
  'ends',
  'ends',
  'waits',
  'waits',
  'throws',
  'rejects',
  'hangs',
  'accepts',
  'mutates',
]

function stepOf(focus: Focus, fields: ReturnType<typeof fieldsFrom>): fc.Arbitrary<Step> {
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('insert' as const), key: keys, fields }) },
    {
      weight: 3,
      arbitrary: fc.record(
        {
          kind: fc.constant('update' as const),
          key: keys,
          fields,
          unset: fc.constantFrom('n' as const, 's' as const, 'tag' as const),
        },
        { requiredKeys: ['kind', 'key', 'fields'] },
      ),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: keys }) },
  )
  const changed: fc.Arbitrary<Changed> = fc.record({ on, change })
  const changes = (most: number): fc.Arbitrary<Change[]> =>
    fc.uniqueArray(change, { minLength: 1, maxLength: most, selector: ({ key }) => key })
  const changedRows = fc.uniqueArray(changed, {
    minLength: 1,
    maxLength: 4,
    selector: ({ on: of, change: { key } }) => `${of} ${typeof key} ${key}`,
  })
  const step = <T extends Step>(weight: number, arbitrary: fc.Arbitrary<T>) => ({
    weight,
    arbitrary: arbitrary as fc.Arbitrary<Step>,
  })
  const just = <D extends Step['do']>(what: D) => fc.constant(what)
  const steps = [
    step(
      14,
      fc.record({
        do: just('change'),
        who,
        on,
        changes: changes(3),
        handler: fc.constantFrom(...BEHAVIOURS),
      }),
    ),
    step(
      5,
      fc.record({
        do: just('transaction'),
        who,
        changes: changedRows,
        keeping: fc.constantFrom(
          'commit' as const,
          'accept' as const,
          'accept unawaited' as const,
          'fails' as const,
        ),
        ends: fc.constantFrom('now' as const, 'now' as const, 'later' as const, 'rolled back' as const),
      }),
    ),
    step(2, fc.record({ do: just('paced'), who, changes: changedRows })),
    step(3, fc.record({ do: just('finish'), which: fc.nat({ max: 3 }) })),
    step(1, fc.record({ do: just('listen'), who, on })),
    step(3, fc.record({ do: just('write'), who, changes: changedRows })),
    step(
      focus === 'on demand' ? 9 : 5,
      fc.record({
        do: just('query'),
        who,
        shape: fc.record({
          of: fc.oneof(
            { weight: 2, arbitrary: fc.nat({ max: QUERY_KINDS - 1 }) },
            // Pages are where most can go wrong.
            { weight: 1, arbitrary: fc.constantFrom(...PAGED_KINDS) },
          ),
          p: fc.nat({ max: 5 }),
          on,
        }),
      }),
    ),
    step(1, fc.record({ do: just('close query'), which: fc.nat({ max: 5 }) })),
    step(
      2,
      fc.record({
        do: just('window'),
        which: fc.nat({ max: 5 }),
        offset: fc.nat({ max: 2 }),
        limit: fc.integer({ min: 1, max: 3 }),
      }),
    ),
    step(
      focus === 'on demand' ? 4 : 2,
      fc.record({
        do: fc.constantFrom('cleanup' as const, 'preload' as const, 'another object' as const),
        who,
        on,
      }),
    ),
    step(
      2,
      fc.record({
        do: fc.constantFrom('compact' as const, 'drop' as const, 'forget' as const, 'redact' as const),
        who,
        on,
        key: keys,
      }),
    ),
    step(
      1,
      fc.record({ do: just('hydrate'), who, on, keys: fc.uniqueArray(keys, { minLength: 1, maxLength: 3 }) }),
    ),
    // Contexts that are too old see nothing any more.
    ...(focus === 'on demand' ? [] : [step(1, fc.record({ do: just('new version'), who }))]),
    step(
      2,
      fc.record({
        do: just('restart'),
        who,
        how: fc.constantFrom('close' as const, 'kill' as const),
        source: fc.boolean(),
      }),
    ),
    ...(focus === 'synced' || focus === 'everything'
      ? [
          step(1, fc.record({ do: just('another identity'), on })),
          step(1, fc.record({ do: just('read much'), who, on })),
          step(8, fc.record({ do: just('server'), on, changes: changes(3) })),
          step(
            6,
            fc.record({
              do: just('source'),
              on,
              what: fc.constantFrom<SourceEvent>(
                'snapshot',
                'truncate first',
                'fails',
                'away',
                'back',
                'back',
                'metadata',
                'nested',
              ),
            }),
          ),
        ]
      : []),
    step(3, fc.record({ do: just('time'), ms: fc.constantFrom(1, 20, 60, 300) })),
    step(3, fc.record({ do: just('turns'), count: fc.nat({ max: 12 }) })),
    step(focus === 'on demand' ? 8 : 3, fc.constant<Step>({ do: 'quiet' })),
  ]
  return fc.oneof(...steps)
}
