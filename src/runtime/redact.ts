/** Taking things out of the log: redacting a range of entries, and forgetting rows. */

import { InvalidOptionError } from '../errors.js'
import { Forgetting } from '../materializer/forget.js'
import { type Redacted, Redaction, type RedactionPlan, type SeqRange } from '../materializer/redact.js'
import { checkKey } from '../values/check-key.js'
import type { Key } from '../values/key.js'
import { deleteSecurely, truncateWal } from './journal/erase.js'
import type { LocalJournal } from './journal/local.js'
import type { Forgotten } from './journal/redactions.js'

/** What {@link redact} would do, and nothing done. */
export async function planRedaction(journal: LocalJournal, range: SeqRange): Promise<RedactionPlan> {
  const redaction = await lookedThrough(journal, range)
  return journal.inspectPosted(() => redaction.plan())
}

/** Blanks the values in a range of entries; the rows stay. */
export async function redact(journal: LocalJournal, range: SeqRange): Promise<Redacted> {
  const redaction = await lookedThrough(journal, range)
  await deleteSecurely(journal)
  let redacted: Redacted | undefined
  await journal.record(function* (maker) {
    const done = yield* redaction.carryOut(maker)
    redacted = done.redacted
    return done.appended
  })
  await truncateWal(journal)
  return redacted as Redacted
}

async function lookedThrough(journal: LocalJournal, range: SeqRange): Promise<Redaction> {
  const { from, to } = range ?? {}
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 1 || to < from) {
    throw new InvalidOptionError(
      'range',
      'A range of entries is { from, to }: whole numbers from 1, in order.',
    )
  }
  const redaction = new Redaction({ from, to })
  while (await journal.inspect(() => redaction.look()));
  return redaction
}

/** Deletes rows and blanks everything that the log says of them. */
export async function forget(
  journal: LocalJournal,
  collection: string,
  keys: readonly Key[],
): Promise<Forgotten> {
  if (!Array.isArray(keys)) throw new InvalidOptionError('keys', '`keys` is an array of row keys.')
  const forgetting = new Forgetting(
    collection,
    keys.map((key) => checkKey(collection, key)),
  )
  await deleteSecurely(journal)
  await journal.record((maker) => forgetting.remove(maker))
  while (await journal.inspect(() => forgetting.look()));
  while (forgetting.more) await journal.record((maker) => forgetting.blank(maker))
  await truncateWal(journal)
  return { rows: forgetting.rows, entries: forgetting.entries }
}
