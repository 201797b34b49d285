/** What `info` tells of a file, and what of it is unusual. */

import { statSync } from 'node:fs'
import { sqliteWarnings } from '../drivers/sqlite-version.js'
import { type FileMeasures, measureFile } from '../materializer/measure.js'
import type { DatabaseFile } from './database-file.js'
import { count } from './output/words.js'

export interface Facts extends FileMeasures {
  readonly file: string
  readonly id: string
  readonly format: number
  readonly walBytes: number
  readonly driver: string
  readonly sqliteVersion: string
}

export async function factsOf(file: DatabaseFile): Promise<Facts> {
  const measures = await file.inspect(measureFile)
  return {
    file: file.path,
    ...file.facts,
    ...measures,
    walBytes: statSync(`${file.path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    driver: file.driver.name,
    sqliteVersion: file.driver.sqliteVersion,
  }
}

/** How far rows are behind the log where a background that works keeps up. */
const BACKLOG = 2000

/** A share of free pages that is worth giving back. */
const MUCH_FREE = 0.5

/** A -wal of this size, in bytes, says that checkpoints do not get through. */
const LARGE_WAL = 64 << 20

/** What a person should know before anything else. */
export function remarksOn(facts: Facts): string[] {
  const remarks: string[] = []
  const behind = facts.head.seq - facts.cursor
  if (behind < 0) remarks.push('the rows are newer than the log: entries are missing at its end')
  if (behind > BACKLOG) remarks.push(`the row tables are ${count(behind, 'entry', 'entries')} behind the log`)
  if (facts.floor.seq > 1) {
    remarks.push(`the log was trimmed below ${facts.floor.seq}; the rows cannot be folded from its beginning`)
  }
  if (facts.committed.last < facts.committed.first)
    remarks.push('a clock that wrote this log has jumped back')
  if (facts.fileBytes > 0 && facts.freeBytes / facts.fileBytes > MUCH_FREE) {
    remarks.push('more than half of the file is free pages')
  }
  if (facts.walBytes > LARGE_WAL)
    remarks.push('the -wal is large: a reader may keep it from being checkpointed')
  if (facts.journalMode !== 'wal') remarks.push(`the journal mode is ${facts.journalMode}, daybook uses wal`)
  return [...remarks, ...sqliteWarnings(facts.sqliteVersion)]
}
