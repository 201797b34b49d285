/**
 * The checks of the verifier by what they say, and whether the campaign needs each of them: a check that is taken out is
 * noticed when some fault is found by it alone. A check that no fault needs is dead, or lacks a fault.
 */

import type { Finding } from '../../../src/log/finding.js'

const CHECKS: Readonly<Record<string, RegExp>> = {
  'an empty log': /^L1 The log is empty/,
  'missing entries': /^L1 Entr.* missing\.$/,
  'terms in order': /^L2 /,
  'whole entries': /^L3 Entry /,
  'parts of no entry': /^L3 daybook_log_parts/,
  'a checkpoint for what is trimmed': /^L4 The log begins/,
  triggers: /^L4 The trigger \w+ (is missing|is defined)/,
  'triggers of others': /^L4 The trigger .* is not daybook's/,
  'what triggers are filed under': /^L4 .* is filed under/,
  'what indexes are filed under': /^(M2|format) .* is filed under/,
  'records of redactions': /^L4 Entry .* redaction/,
  'where transactions are': /^L5 Transactions? .* does not say so/,
  'how many runs there are': /^L5 daybook_origins has/,
  'transactions once': /^L5 Transaction .* more than once/,
  'the runs of a checkpoint': /^L5 Checkpoint/,
  'terms begun by term entries': /^L6 /,
  checksums: /^L7 Entry .* checksum/,
  'the checksum in a checkpoint': /^L7 Checkpoint/,
  'the -wal': /^L8 /,
  'a cursor': /^M1 daybook_cursor does not say/,
  'the cursor within the log': /^M1 The tables are posted .* missing/,
  'the cursor at the floor or behind': /^M1 The tables are posted .* begins/,
  'rows that a checkpoint has seen': /^M2 .* that the checkpoint at seq/,
  'values of rows': /^M2 .*: row .* differs/,
  'rows too many': /^M2 .*: row .* is not in the log/,
  'rows too few': /^M2 .*: row .* is missing/,
  'seqs of rows': /^M2 .*: row .* which did not\.$/,
  'keys of rows': /^M2 .* is no text/,
  'controls that differ': /^M2 The controls/,
  'controls that are missing': /^M2 daybook_controls lacks/,
  'the controls and tables of a checkpoint': /^M2 Checkpoint/,
  'tables that are registered': /^M2 .* is registered, and/,
  'names of row tables': /^M2 .* is no name/,
  'row tables that are missing': /^M2 .* there is no row table/,
  'collections that are not registered': /^M2 .* is not registered/,
  'ids in the registry': /^M2 daybook_collections has a row/,
  'values of states': /^M2 .*: the state .* differs/,
  'states too many': /^M2 .*: the state .* is not in the log/,
  'states too few': /^M2 .*: the state .* is missing/,
  'seqs of states': /^M2 .*: the state .* which did not/,
  'ids of states': /^M2 daybook_state has a row/,
  'declarations of indexes': /^M2 daybook_indexes has a row/,
  'definitions of indexes': /^M2 Index .* (is missing|is defined)/,
  'indexes that are declared': /^M2 Index .* is not in/,
  'bodies of entries': /^format Entry /,
  'definitions of tables': /^format (Table|Index) /,
  'indexes that SQLite makes': /^format Key /,
  'facts of the file': /^format daybook_meta/,
  'the id of the file': /^format The id/,
  'the format of the file': /^(format|SQLite) This (file has format|database has a table)/,
  "SQLite's integrity check": /^SQLite SQLite's integrity/,
  'what SQLite can read': /^SQLite .* cannot be (read|opened)/,
  'that there is a daybook': /^SQLite .* without a daybook/,
}

/** These say more precisely what another one finds as well; each with which. */
const BESIDES: Readonly<Record<string, RegExp>> = {
  'a first entry below 1, which no table and no term fits': /^L1 The log begins at/,
  'an order of entries that SQLite finds broken too': /^L1 Entry .* stands behind/,
  'runs in an index that SQLite finds broken too': /^L5 .* runs in order/,
  'entries in pages that SQLite finds broken too': /^L7 .* cannot be read/,
  'a row newer than the cursor, which no entry wrote': /^M1 .*: row /,
  'that there are further findings': /further findings/,
}

const needed = new Set<string>()
const unknown = new Set<string>()

/** Notes what was found of one fault. */
export function noteChecks(findings: readonly Finding[]): void {
  const checks = new Set<string>()
  for (const { invariant, message } of findings) {
    const text = `${invariant} ${message}`
    const name = nameOf(CHECKS, text)
    if (name !== undefined) checks.add(name)
    else if (nameOf(BESIDES, text) === undefined) unknown.add(text)
  }
  const [only] = checks
  if (checks.size === 1) needed.add(only as string)
}

const nameOf = (checks: Readonly<Record<string, RegExp>>, text: string): string | undefined =>
  Object.entries(checks).find(([, pattern]) => pattern.test(text))?.[0]

/** Checks that could be taken out without anybody noticing. */
export const notNeeded = (): string[] => Object.keys(CHECKS).filter((name) => !needed.has(name))

/** Findings that no check of the list says. */
export const unknownChecks = (): string[] => [...unknown].slice(0, 5)
