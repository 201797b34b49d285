/** Checks the log against its invariants and what is made from it against the log. */

import type { Program } from '../drivers/program.js'
import { tail } from '../log/append.js'
import { cursor } from '../log/cursor.js'
import { floor } from '../log/read.js'
import { LogVerifier } from '../log/verify.js'
import { RowsVerifier } from '../materializer/verify.js'
import { type CheckedRows, verifyByCheckpoint } from '../materializer/verify-checkpoint.js'
import type { LocalJournal } from './journal/local.js'
import type { Verification } from './journal/verification.js'

/** Reads only; appends go on. */
export async function verify(journal: LocalJournal): Promise<Verification> {
  const checker = new LogVerifier()
  const rows = new RowsVerifier()
  // Page by page in transactions of their own: entries never change but by a redaction, which changes no outcome.
  for (;;) {
    const entries = await journal.inspect(() => checker.next())
    for (const entry of entries) if (checker.findings.length === 0) rows.add(entry)
    if (entries.length === 0) break
  }
  const { findings, unchecked } = checker
  let counted = 0
  const whole = (await journal.inspect(floor)).seq === 1
  if (findings.length > 0) {
    unchecked.push('The tables that are made from the log: the log is damaged.')
  } else if (!whole) {
    const checked = await journal.inspectPosted(() => finishTrimmed(checker, rows))
    findings.push(...(checked?.findings ?? []))
    counted = checked?.rows ?? 0
    const which = checked?.unchecked.map((id) => JSON.stringify(id)).join(', ')
    if (checked === undefined) unchecked.push('The rows: the beginning of the log was trimmed.')
    else if (which !== '') {
      unchecked.push(`The values of rows (the log begins with a checkpoint that does not tell): ${which}.`)
    }
  } else {
    await journal.inspectPosted(() => finish(checker, rows))
  }
  const all = [...findings, ...rows.findings]
  const { entriesChecked } = checker
  return {
    clean: all.length === 0,
    findings: all,
    unchecked,
    entriesChecked,
    rowsChecked: rows.rowsChecked + counted,
  }
}

// What was appended since the last page is checked in the same transaction as the tables are compared.
function* finishLog(checker: LogVerifier, rows: RowsVerifier): Program<boolean> {
  for (;;) {
    const entries = yield* checker.next()
    if (entries.length === 0) break
    for (const entry of entries) rows.add(entry)
  }
  if ((yield* cursor()) !== (yield* tail()).seq) {
    checker.unchecked.push(
      'The tables that are made from the log: they are behind it, and this handle is read-only.',
    )
    return false
  }
  yield* checker.finish()
  return true
}

function* finishTrimmed(checker: LogVerifier, rows: RowsVerifier): Program<CheckedRows | undefined> {
  return (yield* finishLog(checker, rows)) ? yield* verifyByCheckpoint() : undefined
}

function* finish(checker: LogVerifier, rows: RowsVerifier): Program<void> {
  if (yield* finishLog(checker, rows)) yield* rows.compare()
}
