import { messageOf } from '../../errors.js'
import type { DamageEvent } from '../events.js'

/** What was damaged and what was done about it, for who listens to no event. */
export const damageInWords = (event: DamageEvent): string =>
  event.action === 'rebuilt'
    ? `Row tables were damaged (${messageOf(event.error)}) and have been made anew from the log.`
    : `The database file was damaged (${messageOf(event.error)}) and is now at ${event.file}; ` +
      (event.salvaged === undefined
        ? 'nothing of it could be read.'
        : 'a new one has what could be read of it.')
