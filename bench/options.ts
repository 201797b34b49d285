/** The command line. */

import { parseArgs } from 'node:util'
import type { Case } from './case.js'
import { CASES } from './cases.js'

export interface Options {
  readonly json: boolean
  readonly quick: boolean
  readonly rounds: number
  readonly cases: readonly Case[]
}

/** What the user wrote cannot be run; the message says what can. */
export class UsageError extends Error {}

const USAGE = 'npm run bench -- [--json] [--only NAME]... [--rounds N] [--quick]'

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const { json = false, quick = false, rounds, only } = parse(args)
  return { json, quick, rounds: roundsOf(rounds, quick), cases: only === undefined ? CASES : pick(only) }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean' },
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        only: { type: 'string', multiple: true },
      },
    }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`)
  }
}

function roundsOf(text: string | undefined, quick: boolean): number {
  if (text === undefined) return quick ? 2 : 5
  const rounds = Number(text)
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError('--rounds is a whole number from 1.')
  return rounds
}

// A case is asked for by the name of any of its figures, and measures all of them.
function pick(names: readonly string[]): readonly Case[] {
  const known = CASES.flatMap(({ figures }) => figures as readonly string[])
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new UsageError(`There is no case ${unknown.join(', ')}. The cases:\n  ${known.join('\n  ')}`)
  }
  return CASES.filter(({ figures }) => figures.some((figure) => names.includes(figure)))
}
