/** The further parts of large bodies: the first is in the entry's own row. */

import { parameter, statement } from '../drivers/query.js'
import { log } from './tables.js'

export const insertPart = statement<[seq: number, part: number, body: string]>()(
  log
    .insertInto('daybook_log_parts')
    .values({ seq: parameter<number>(), part: parameter<number>(), body: parameter<string>() }),
)

export const partsOf = statement<[seq: number]>()(
  log
    .selectFrom('daybook_log_parts')
    .select(['part', 'body'])
    .where('seq', '=', parameter<number>())
    .orderBy('part'),
)

export const partAt = statement<[seq: number, part: number]>()(
  log
    .selectFrom('daybook_log_parts')
    .select('body')
    .where('seq', '=', parameter<number>())
    .where('part', '=', parameter<number>()),
)
