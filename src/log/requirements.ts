/**
 * What a transaction may require of the log (as it may require a term, L6): checked inside the transaction that appends
 * it, so that nothing can come between the check and the entry.
 */

import type { Program } from '../drivers/program.js'
import { ChangedError, DeposedError, SchemaVersionError } from '../errors.js'
import { type Controls, changedAfter } from './controls.js'
import type { Requirement, Transaction } from './entry.js'
import { type KeysRefusal, keysRefusal } from './keys-since.js'
import { isVersion } from './version.js'

/** Why a requirement is not met. */
export type UnmetRequirement = DeposedError | SchemaVersionError | KeysRefusal

/** What claims and schema entries say; what a memory of the log can hold. */
export type KnownControls = Omit<Controls, 'changed'>

/** The log as it is when a transaction is to be appended. */
export interface LogNow {
  /** The newest claim and the schema version of a collection. */
  readonly controls: (collection: string) => Program<KnownControls>
  /** The seq of the last entry. */
  readonly last: number
  /** Whether all entries after a seq were made by this origin, as far as is known without a look. */
  readonly isAllBy: (origin: string, after: number) => boolean
}

/** The first requirement of a transaction that is not met, as the error to refuse with. */
export function* unmet(
  { origin, parts, requires = [] }: Pick<Transaction, 'origin' | 'parts' | 'requires'>,
  now: LogNow,
): Program<UnmetRequirement | undefined> {
  for (const requirement of requires) {
    const [what, collection, expected] = requirement
    if (what === 'unchanged') {
      const changed = yield* changedAfter(collection, expected)
      if (changed !== undefined) return new ChangedError(collection, expected, changed)
    } else if (what === 'keys') {
      if (now.isAllBy(origin, expected)) continue
      const refusal = yield* keysRefusal({ origin, parts }, collection, expected, now.last)
      if (refusal !== undefined) return refusal
    } else {
      const controls = yield* now.controls(collection)
      if (isMetBy(requirement, controls)) continue
      return what === 'claim'
        ? new DeposedError(collection, expected, controls.claim)
        : new SchemaVersionError(collection, controls.schemaVersion, expected)
    }
  }
  return undefined
}

/** What is remembered of the log. */
export interface Remembered {
  rememberedControls(collection: string): KnownControls | undefined
  isAllBy(origin: string, after: number): boolean
}

/** Whether all requirements of a transaction are met for certain, by what is remembered. */
export const areMetBy = (
  { origin, requires = [] }: Pick<Transaction, 'origin' | 'requires'>,
  memory: Remembered,
): boolean =>
  requires.every((requirement) =>
    requirement[0] === 'keys'
      ? memory.isAllBy(origin, requirement[2])
      : isMetBy(requirement, memory.rememberedControls(requirement[1])),
  )

const isMetBy = ([what, , expected]: Requirement, controls: KnownControls | undefined): boolean =>
  (what === 'claim' && controls?.claim === expected) ||
  (what === 'schema' && controls?.schemaVersion === expected)

const COUNTED = ['claim', 'unchanged', 'keys']

/** Whether something is a well-formed requirement. */
export function isRequirement(requirement: unknown): requirement is Requirement {
  if (!Array.isArray(requirement) || requirement.length !== 3) return false
  const [what, collection, expected] = requirement as unknown[]
  if (typeof collection !== 'string') return false
  if (what === 'schema') return isVersion(expected)
  return COUNTED.includes(what as string) && Number.isSafeInteger(expected) && Number(expected) >= 0
}
