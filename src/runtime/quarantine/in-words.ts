import { messageOf } from '../../errors.js'
import type { DamageEvent } from '../daybook/events.js'

type WithoutMessage<Event> = Event extends unknown ? Omit<Event, 'message'> : never

export type Damage = WithoutMessage<DamageEvent>

/** What was damaged and what was done about it, for people. */
export const inWords = (damage: Damage): string =>
  damage.action === 'rebuilt'
    ? `Row tables were damaged (${messageOf(damage.error)}) and have been made anew from the log.`
    : `The database file was damaged (${messageOf(damage.error)}) and is now at ${damage.file}; ` +
      (damage.salvaged === undefined
        ? 'nothing of it could be read.'
        : 'a new one has what could be read of it.')
