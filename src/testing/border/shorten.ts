/**
 * Shortens a program that breaks a promise: takes away what is not needed for it, steps first, then what is in them. It asks
 * again and again whether the shorter program fails as well, whatever with.
 */

import type { Change, CollectionShape, Program, Step } from './program.js'

/** How many shorter programs are tried. */
const TRIES = 600

export async function shorten(
  program: Program,
  fails: (program: Program) => Promise<boolean>,
): Promise<Program> {
  let best = program
  let left = TRIES
  const tries = async (shorter: Program): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(shorter))) return false
    best = shorter
    return true
  }
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = best.steps.length - size; from >= 0; from -= size) {
      await tries({ ...best, steps: best.steps.filter((_, index) => index < from || index >= from + size) })
    }
  }
  for (const simpler of simplerShapes) await tries(simpler(best))
  for (let index = 0; index < best.steps.length; index++) {
    for (;;) {
      const step = best.steps[index] as Step
      const simpler = simplerSteps(step).map(
        (each): Program => ({
          ...best,
          steps: best.steps.map((other) => (other === step ? each : other)),
        }),
      )
      let isSimpler = false
      for (const each of simpler) isSimpler ||= await tries(each)
      if (!isSimpler || left <= 0) break
    }
  }
  // What was needed for something that is gone by now.
  for (let index = best.steps.length - 1; index >= 0; index--)
    await tries({ ...best, steps: best.steps.filter((_, other) => other !== index) })
  return best
}

const shape =
  (change: (shape: CollectionShape) => CollectionShape) =>
  (of: 'a' | 'b') =>
  (program: Program): Program => ({ ...program, [of]: change(program[of]) })

const simplerShapes: readonly ((program: Program) => Program)[] = [
  (program) => ({ ...program, fates: [[0]] }),
  (program) => ({ ...program, contexts: program.contexts.slice(0, 1) }),
  (program) => ({ ...program, contexts: program.contexts.slice(0, 2) }),
  (program) => ({ ...program, contexts: program.contexts.map(() => 'handle') }),
  ...(['a', 'b'] as const).flatMap((of) => [
    shape((each) => ({ ...each, initial: 0 }))(of),
    shape((each) => ({ ...each, indexed: false }))(of),
    shape((each) => ({ ...each, garbage: false }))(of),
    shape((each) => ({ ...each, handlers: false }))(of),
    shape(({ source: _, ...each }) => each)(of),
    shape((each) => ({ ...each, mode: 'eager' }))(of),
  ]),
]

/** The same step with one thing less. */
function simplerSteps(step: Step): Step[] {
  switch (step.do) {
    case 'change':
    case 'server':
      return [
        ...without(step.changes).map((changes): Step => ({ ...step, changes })),
        ...inside(step.changes).map((changes): Step => ({ ...step, changes })),
        ...(step.do === 'change' && step.handler !== 'ends' ? [{ ...step, handler: 'ends' as const }] : []),
      ]
    case 'transaction':
    case 'paced':
    case 'write':
      return [
        ...without(step.changes).map((changes): Step => ({ ...step, changes })),
        ...inside(step.changes.map(({ change }) => change)).map(
          (changes): Step => ({
            ...step,
            changes: step.changes.map((each, index) => ({ ...each, change: changes[index] as Change })),
          }),
        ),
        ...(step.do === 'transaction' && step.ends !== 'now' ? [{ ...step, ends: 'now' as const }] : []),
      ]
    default:
      return []
  }
}

/** A list with one less; not an empty one. */
const without = <T>(list: readonly T[]): T[][] =>
  list.length < 2 ? [] : list.map((_, index) => list.filter((__, other) => other !== index))

/** The changes with one field less. */
const inside = (changes: readonly Change[]): Change[][] =>
  changes.flatMap((change, index) => {
    const replaced = (by: Change): Change[] => changes.map((other, at) => (at === index ? by : other))
    if (change.kind === 'delete') return []
    const fewer = Object.keys(change.fields).map((name) =>
      replaced({
        ...change,
        fields: Object.fromEntries(Object.entries(change.fields).filter(([other]) => other !== name)),
      }),
    )
    if (change.kind === 'update' && change.unset !== undefined) {
      const { unset: _, ...kept } = change
      return [...fewer, replaced(kept)]
    }
    return fewer
  })
