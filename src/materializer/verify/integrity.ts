/** What SQLite itself says of the file: every page, every cell, every index against its table. */

import { all, type Program } from '../../drivers/program.js'
import type { Report } from '../../log/finding.js'

export function* checkIntegrity(report: Report): Program<void> {
  const rows = yield* all<[], Record<string, unknown>>({ sql: 'PRAGMA integrity_check' })
  // An engine that does not know the PRAGMA answers with nothing.
  if (rows.length === 0) report.unchecked.push("SQLite's own integrity check: it does not answer here.")
  for (const row of rows) {
    for (const line of String(Object.values(row)[0]).split('\n')) {
      if (line !== 'ok') report.found('SQLite', `SQLite's integrity check says: ${line}.`)
    }
  }
}
