/** What a person does next about a finding. */

import type { Finding } from '../../log/finding.js'

export interface Context {
  /** The log has all of its entries, so everything else can be made from it. */
  readonly isWhole: boolean
  readonly isLogSound: boolean
}

const SALVAGE =
  'Copy the file and its -wal first; `daybook salvage FILE -o new.db` takes over what can still be read.'
const REBUILD = 'The log is sound: `daybook rebuild FILE --write` makes the tables anew from it.'
const TRIMMED =
  'The log begins behind a checkpoint, so the tables cannot be made anew from it: copy the file, and take them from a backup ' +
  'or, for synced collections, from their source.'

export function nextStep({ invariant }: Finding, { isWhole, isLogSound }: Context): string {
  switch (invariant) {
    case 'L4':
      return 'Find out who changed the database by hand; `daybook export` and `import` make a file with its triggers in place.'
    case 'L5':
    case 'M1':
    case 'M2':
      if (!isLogSound) return SALVAGE
      return isWhole ? REBUILD : TRIMMED
    case 'L8':
      return 'Copy the file and its -wal before anybody opens it to write: SQLite will overwrite the frames that it does not read.'
    case 'format':
      return (
        'See whether a newer daybook wrote the file (`daybook info FILE`); if not, treat it as damaged. ' +
        SALVAGE
      )
    case 'SQLite':
      if (isLogSound && isWhole)
        return `Copy the file first. If only indexes or row tables are damaged: ${REBUILD}`
      return SALVAGE
    default:
      return SALVAGE
  }
}
