/** Files for verbs to look at: trimmed, damaged, empty, foreign. */

import { writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { openDaybook } from '../../src/node.js'
import { newFile } from '../support/files.js'
import { exec } from '../support/open.js'

type Ops = Parameters<ReturnType<typeof openDaybook>['write']>[0]

/** A file with a transaction for each list of ops; `compact` trims what came before. */
export async function fileOf(steps: readonly (Ops | 'compact')[]): Promise<string> {
  const filename = newFile()
  const daybook = openDaybook({ filename, retain: 'all' })
  for (const step of steps) {
    if (step === 'compact') await daybook.compact()
    else await daybook.write(step)
  }
  await daybook.close()
  return filename
}

export const put = (collection: string, key: string | number, value: object) =>
  ({ op: 'put', collection, key, value }) as const

export const patch = (collection: string, key: string | number, fields: object) =>
  ({ op: 'patch', collection, key, fields }) as const

/** Runs SQL past the triggers that keep the log as it is. */
export function damage(filename: string, text: string): void {
  const triggers = ['order', 'parts_order', 'immutable', 'parts_immutable', 'trim', 'parts_trim']
  for (const name of triggers) exec(filename, `DROP TRIGGER IF EXISTS daybook_log_${name}`)
  exec(filename, text)
}

export function emptyFile(): string {
  const filename = newFile()
  writeFileSync(filename, '')
  return filename
}

export function foreignFile(): string {
  const filename = newFile()
  const database = new Database(filename)
  database.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)')
  database.close()
  return filename
}
