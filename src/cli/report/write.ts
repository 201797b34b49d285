/** Writes a report where `--html` says. */

import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs'
import { UsageError } from '../exit-codes.js'
import type { Output } from '../output/output.js'
import { bytes } from '../output/words.js'
import { reportHtml } from './html.js'
import type { ReportModel } from './model.js'

/** Writes the page, and tells the person where.
 *
 * @throws UsageError when there is something else at that path, or nothing can be written there
 */
export function writeReport(path: string, model: ReportModel, out: Output): void {
  if (!mayReplace(path)) {
    throw new UsageError(`${path} is not a report of daybook, so it is not replaced: name another file.`)
  }
  const html = reportHtml(model)
  try {
    writeFileSync(path, html)
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`)
  }
  for (const remark of model.remarks) out.remark(remark)
  out.remark(`${path}: ${bytes(Buffer.byteLength(html))}`)
}

// The option stands beside the name of a database, and one slip of the hand must not cost it.
function mayReplace(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return true
  if (!found.isFile()) return false
  const beginning = Buffer.alloc(BEGINNING.length)
  const file = openSync(path, 'r')
  try {
    return readSync(file, beginning) === 0 || beginning.toString('latin1') === BEGINNING
  } finally {
    closeSync(file)
  }
}

const BEGINNING = '<!doctype html>\n'
