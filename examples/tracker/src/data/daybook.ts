import { openDaybook } from 'daybook/browser'

/** All tabs share it. */
export const daybook = openDaybook({ name: 'tracker' })
