/**
 * Where histories come from. Chance alone seldom meets the rare moments, so there are three kinds: everything that can
 * happen; many tabs on few rows; and faults that are aimed at open commits and at whoever leads.
 */

import * as fc from 'fast-check'
import type { Happening, Scenario, StatementFault } from './scenario.js'
import type { Loss } from './virtual-disk.js'

export const KINDS = ['uniform', 'hot keys', 'adversarial'] as const
export type Kind = (typeof KINDS)[number]

/** What may go wrong. */
export const FAULT_CLASSES = [
  /** Messages are lost, doubled, late and in another order. */
  'messages',
  /** Tabs and workers end at any moment. */
  'crashes',
  /** Tabs stand still, go into the back/forward cache, are hidden. */
  'freezes',
  /** Statements fail, with and without an effect, and take long. */
  'driver',
  /** The lock is lost, and two lead at once. */
  'leadership',
  /** The power fails, and what was not synced is lost. */
  'power',
] as const
export type FaultClass = (typeof FAULT_CLASSES)[number]

export interface Shape {
  /** The most tabs that are open at once. */
  readonly contexts: number
  /** The most steps of a history. */
  readonly steps: number
  readonly faults: readonly FaultClass[]
}

type Weighted<T> = { readonly weight: number; readonly arbitrary: fc.Arbitrary<T> }
type Arb = fc.Arbitrary<Happening>

const FAULTS_OF: Readonly<
  Record<'crashes' | 'freezes' | 'driver' | 'leadership', readonly StatementFault[]>
> = {
  crashes: ['dies before', 'dies after', 'tab crashes before', 'tab crashes after'],
  freezes: ['tab freezes'],
  driver: [
    'fails: I/O error',
    'fails: full, rolled back',
    'fails: busy',
    'fails: corrupt',
    'commit unknown',
    'slow',
  ],
  leadership: ['lock is lost'],
}

/** Histories of one kind. */
export function scenarios(kind: Kind, shape: Shape): fc.Arbitrary<Scenario> {
  const { faults, steps, contexts } = shape
  const happenings = {
    uniform: () => fc.array(fc.oneof(...everything(shape)), { maxLength: steps, size: 'max' }),
    'hot keys': () => fc.array(fc.oneof(...hot(shape)), { maxLength: steps, size: 'max' }),
    adversarial: () =>
      fc
        .array(attack(shape), { maxLength: Math.ceil(steps / ATTACK), size: 'max' })
        .map((attacks) => attacks.flat()),
  }[kind]()
  const power = faults.includes('power')
  return fc.record({
    storage: power ? fc.constantFrom('file', 'disk') : fc.constant('file' as const),
    durability: fc.constantFrom('process', 'power'),
    contexts: fc.constant(contexts),
    fates: faults.includes('messages') ? fc.oneof(perfect, fates) : perfect,
    happenings: fc.tuple(beginning, happenings).map((parts) => parts.flat()),
  })
}

/** Two tabs that are open, or a browser without any. */
const beginning: fc.Arbitrary<readonly Happening[]> = fc.constantFrom<readonly Happening[]>(
  [{ do: 'open' }, { do: 'open' }, { do: 'time', ms: 2000 }],
  [],
)

const perfect = fc.constant<readonly (readonly number[])[]>([[0]])
const fates = fc.array(fc.array(fc.oneof(fc.constant(0), fc.nat(400)), { maxLength: 2 }), {
  minLength: 1,
  maxLength: 12,
})

const open: Arb = fc.constant({ do: 'open' })
const whoOf = ({ contexts }: Shape): fc.Arbitrary<number> => fc.nat(contexts - 1)
const time: Arb = fc.record({
  do: fc.constant('time' as const),
  ms: fc.oneof(fc.nat(100), fc.nat(4000), fc.constant(12_000)),
})
const soon: Arb = fc.record({ do: fc.constant('time' as const), ms: fc.nat(300) })

const write = (shape: Shape): Arb =>
  fc.record({ do: fc.constant('write' as const), who: whoOf(shape), rows: fc.integer({ min: 1, max: 4 }) })
const set = (shape: Shape): Arb =>
  fc.record({ do: fc.constant('set' as const), who: whoOf(shape), key: fc.nat(2), field: fc.nat(2) })
const remove = (shape: Shape): Arb =>
  fc.record({ do: fc.constant('delete' as const), who: whoOf(shape), key: fc.nat(2) })
const to =
  (what: readonly ('leave' | 'crash' | 'killWorker' | 'cache' | 'restore' | 'thaw' | 'compact')[]) =>
  (shape: Shape): Arb =>
    fc.record({ do: fc.constantFrom(...what), who: whoOf(shape) })
const freeze = (shape: Shape): Arb =>
  fc.record({ do: fc.constant('freeze' as const), who: whoOf(shape), whole: fc.boolean() })
const show = (shape: Shape): Arb =>
  fc.record({ do: fc.constant('show' as const), who: whoOf(shape), visible: fc.boolean() })
const loseLock: Arb = fc.constant({ do: 'loseLock' })
const power: Arb = fc.record({
  do: fc.constant('power' as const),
  at: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
  loss: fc.constantFrom<Loss>('all', 'none', 'later', 'some'),
  dice: fc.nat(),
})

/** A fault at one of the next statements; `on` says at which. */
function fault({ faults }: Shape, on: 'any' | 'commit', most: number): Arb | undefined {
  const possible = Object.entries(FAULTS_OF).flatMap(([name, each]) =>
    faults.includes(name as FaultClass) ? each : [],
  )
  if (possible.length === 0) return undefined
  return fc.record({
    do: fc.constant('fault' as const),
    fault: fc.constantFrom(...possible),
    on: fc.constant(on),
    at: fc.integer({ min: 1, max: most }),
  })
}

/** What goes wrong by itself, as far as it is allowed to. */
function trouble(shape: Shape): Weighted<Happening>[] {
  const { faults } = shape
  const any = fault(shape, 'any', 40)
  const found: Weighted<Happening>[] = [{ weight: 2, arbitrary: to(['restore', 'thaw'])(shape) }]
  if (faults.includes('crashes')) {
    found.push({ weight: 4, arbitrary: to(['leave', 'crash', 'killWorker', 'killWorker'])(shape) })
  }
  if (faults.includes('freezes')) {
    found.push({ weight: 1, arbitrary: to(['cache'])(shape) })
    found.push({ weight: 1, arbitrary: freeze(shape) })
    found.push({ weight: 1, arbitrary: show(shape) })
  }
  if (any !== undefined) found.push({ weight: 1, arbitrary: any })
  if (faults.includes('leadership')) found.push({ weight: 1, arbitrary: loseLock })
  if (faults.includes('power')) found.push({ weight: 1, arbitrary: power })
  return found
}

const everything = (shape: Shape): Weighted<Happening>[] => [
  { weight: 3, arbitrary: open },
  { weight: 7, arbitrary: write(shape) },
  { weight: 2, arbitrary: set(shape) },
  { weight: 1, arbitrary: remove(shape) },
  { weight: 1, arbitrary: to(['compact'])(shape) },
  { weight: 6, arbitrary: time },
  ...trouble(shape),
]

/** Many tabs on three rows, and now and then trouble. */
const hot = (shape: Shape): Weighted<Happening>[] => [
  { weight: 3, arbitrary: open },
  { weight: 16, arbitrary: set(shape) },
  { weight: 3, arbitrary: remove(shape) },
  { weight: 1, arbitrary: to(['compact'])(shape) },
  { weight: 6, arbitrary: soon },
  { weight: 1, arbitrary: time },
  { weight: 4, arbitrary: fc.oneof(...trouble(shape)) },
]

/** Steps of an attack. */
const ATTACK = 6

/** Writes are under way, and the leader is hit at one of the commits they lead to; somebody else goes on at once. */
function attack(shape: Shape): fc.Arbitrary<readonly Happening[]> {
  const writing = fc.oneof(write(shape), set(shape))
  const blow = fault(shape, 'commit', 3) ?? fault(shape, 'any', 10) ?? fc.oneof(...trouble(shape))
  const cut = shape.faults.includes('power') ? fc.oneof({ weight: 5, arbitrary: blow }, power) : blow
  const after = fc.oneof(
    { weight: 3, arbitrary: soon },
    { weight: 2, arbitrary: time },
    { weight: 1, arbitrary: to(['thaw', 'restore', 'compact'])(shape) },
    { weight: 1, arbitrary: fc.oneof(...trouble(shape)) },
  )
  return fc
    .tuple(
      fc.option(open, { nil: undefined, freq: 3 }),
      cut,
      writing,
      fc.option(cut, { nil: undefined, freq: 2 }),
      writing,
      soon,
      after,
    )
    .map((steps) => steps.filter((step) => step !== undefined))
}
