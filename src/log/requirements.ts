/**
 * What a transaction may require of the log (as it may require a term, L6): checked inside the transaction that appends
 * it, so that nothing can come between the check and the entry.
 */

import type { Program } from '../drivers/program.js'
import { ChangedError, DeposedError, SchemaVersionError } from '../errors.js'
import { type Controls, changedAfter } from './controls.js'
import type { Requirement } from './entry.js'
import { isVersion } from './version.js'

/** Why a requirement is not met. */
export type UnmetRequirement = DeposedError | SchemaVersionError | ChangedError

/** What claims and schema entries say; what a memory of the log can hold. */
export type KnownControls = Omit<Controls, 'changed'>

/** The first requirement that is not met, as the error to refuse with. `controlsOf` looks at the log as it is now. */
export function* unmet(
  requires: readonly Requirement[],
  controlsOf: (collection: string) => Program<KnownControls>,
): Program<UnmetRequirement | undefined> {
  for (const requirement of requires) {
    const [what, collection, expected] = requirement
    if (what === 'unchanged') {
      const changed = yield* changedAfter(collection, expected)
      if (changed !== undefined) return new ChangedError(collection, expected, changed)
      continue
    }
    const controls = yield* controlsOf(collection)
    if (meets(requirement, controls)) continue
    return what === 'claim'
      ? new DeposedError(collection, expected, controls.claim)
      : new SchemaVersionError(collection, controls.schemaVersion, expected)
  }
  return undefined
}

/** Whether all requirements are met for certain, by what is remembered of the log. */
export const areMetBy = (
  requires: readonly Requirement[],
  remembered: (collection: string) => KnownControls | undefined,
): boolean => requires.every((requirement) => meets(requirement, remembered(requirement[1])))

const meets = ([what, , expected]: Requirement, controls: KnownControls | undefined): boolean =>
  (what === 'claim' && controls?.claim === expected) ||
  (what === 'schema' && controls?.schemaVersion === expected)

/** Whether something is a well-formed requirement. */
export function isRequirement(requirement: unknown): requirement is Requirement {
  if (!Array.isArray(requirement) || requirement.length !== 3) return false
  const [what, collection, expected] = requirement as unknown[]
  if (typeof collection !== 'string') return false
  if (what === 'schema') return isVersion(expected)
  return (what === 'claim' || what === 'unchanged') && Number.isSafeInteger(expected) && Number(expected) >= 0
}
