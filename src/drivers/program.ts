/**
 * A program is a database operation written once for every driver: a generator that yields statements and receives
 * their rows. A synchronous connection runs it to its end without a promise, an asynchronous one awaits each step.
 */

import type { MaybePromise, SqlRow, SqlValue, Statement } from './statement.js'

/** One statement to execute. */
export interface Step {
  readonly statement: Statement
  readonly parameters: readonly SqlValue[]
}

/** Yields steps, receives their rows, returns a result. */
export type Program<T> = Generator<Step, T, readonly SqlRow[]>

/** A step, for a program that yields it itself: on the hot path that saves the generator that `all` would be. */
export const step = <P extends readonly SqlValue[]>(statement: Statement<P>, ...parameters: P): Step => ({
  statement: statement as Statement,
  parameters,
})

/** All rows of a statement. */
export function* all<P extends readonly SqlValue[], R>(
  statement: Statement<P, R>,
  ...parameters: P
): Program<readonly R[]> {
  return (yield { statement: statement as Statement, parameters }) as readonly R[]
}

/** The first row of a statement, if there is one. */
export function* first<P extends readonly SqlValue[], R>(
  statement: Statement<P, R>,
  ...parameters: P
): Program<R | undefined> {
  return (yield* all(statement, ...parameters))[0]
}

/** A statement without rows. */
export function* run<P extends readonly SqlValue[]>(
  statement: Statement<P, unknown>,
  ...parameters: P
): Program<void> {
  yield { statement: statement as Statement, parameters }
}

/** Runs a program to its end: without a promise for as long as `execute` answers without one. */
export function runProgram<T>(
  program: Program<T>,
  execute: (step: Step) => MaybePromise<readonly SqlRow[]>,
): MaybePromise<T> {
  let step = program.next()
  while (!step.done) {
    let rows: MaybePromise<readonly SqlRow[]>
    try {
      rows = execute(step.value)
    } catch (error) {
      step = program.throw(error)
      continue
    }
    if (rows instanceof Promise) return continueLater(program, rows, execute)
    step = program.next(rows)
  }
  return step.value
}

async function continueLater<T>(
  program: Program<T>,
  pending: Promise<readonly SqlRow[]>,
  execute: (step: Step) => MaybePromise<readonly SqlRow[]>,
): Promise<T> {
  let answer: MaybePromise<readonly SqlRow[]> = pending
  for (;;) {
    let step: IteratorResult<Step, T>
    try {
      step = program.next(await answer)
    } catch (error) {
      // Either the statement failed, and the program is told; or the program itself is over.
      step = program.throw(error)
    }
    if (step.done) return step.value
    answer = executeLater(execute, step.value)
  }
}

// A binding that throws synchronously must look like one that rejects, so that one place handles both.
const executeLater = async (
  execute: (step: Step) => MaybePromise<readonly SqlRow[]>,
  step: Step,
): Promise<readonly SqlRow[]> => execute(step)
