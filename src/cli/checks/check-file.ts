/** What `daybook verify` checks: what the library checks, and what only the file beside the database can show. */

import { setTimeout as pause } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import {
  CannotOpenError,
  CorruptFileError,
  messageOf,
  NewerFormatError,
  NotADatabaseError,
  SqliteError,
  StorageIoError,
} from '../../errors.js'
import { formatPosition } from '../../log/entry.js'
import { entryAt } from '../../log/find.js'
import type { Finding } from '../../log/finding.js'
import { floor } from '../../log/read.js'
import { type VerifyOptions, verify } from '../../runtime/verify.js'
import { DatabaseFile } from '../database-file.js'
import { nextStep } from './next-step.js'
import { lookAtWal, type WalFacts } from './wal-file.js'

export interface FoundInFile extends Omit<Finding, 'seq'> {
  readonly seq?: number
  /** Of the entry concerned, where it can be read. */
  readonly position?: string
  /** What to do about it. */
  readonly next: string
}

export interface FileChecked {
  readonly clean: boolean
  readonly findings: readonly FoundInFile[]
  readonly unchecked: readonly string[]
  readonly entries: number
  readonly rows: number
}

/** What no file can show, however sound it is. */
const NEVER_SHOWN: readonly string[] = [
  'The id of the file, and the times at which entries were committed: nothing else says them.',
  'What each transaction required when it was appended (L6): that is not in the log.',
  'Whether entries are gone with the end of the -wal, or with a backup that was put back (L8): what is left is a whole log.',
]

/** Rows in hand may take this part of what Node may use. */
const SHARE = 4

/** @throws CannotOpenError, BusyError */
export async function checkFile(path: string, options: VerifyOptions): Promise<FileChecked> {
  const wal = await settledWal(path)
  const found: Finding[] = []
  if (wal.damage !== undefined)
    found.push({ invariant: 'L8', message: `What was acknowledged may be lost: ${wal.damage}.` })
  let file: DatabaseFile
  try {
    file = await DatabaseFile.open(path, 'read')
  } catch (error) {
    if (!isAboutTheFile(error)) throw error
    found.push({
      invariant: error instanceof NewerFormatError ? 'format' : 'SQLite',
      message: whyClosed(error),
    })
    const findings = found.map((finding) => ({
      ...finding,
      next: nextStep(finding, { isWhole: false, isLogSound: false }),
    }))
    return { clean: false, findings, unchecked: ['Everything else.', ...NEVER_SHOWN], entries: 0, rows: 0 }
  }
  try {
    const inspect = file.inspect.bind(file)
    const handBytes = Math.floor(getHeapStatistics().heap_size_limit / SHARE)
    const verified = await verify({ inspect }, { handBytes, ...options })
    found.push(...verified.findings)
    const oldest = await inspect(floor).catch(() => undefined)
    const isLogSound = !found.some(
      ({ invariant }) => invariant.startsWith('L') && invariant !== 'L4' && invariant !== 'L5',
    )
    const context = { isWhole: oldest?.seq === 1, isLogSound }
    const findings: FoundInFile[] = []
    for (const finding of found) {
      const position = finding.seq === undefined ? undefined : await positionOf(file, finding.seq)
      findings.push({
        ...finding,
        ...(position !== undefined && { position }),
        next: nextStep(finding, context),
      })
    }
    const { unchecked, entriesChecked: entries, rowsChecked: rows } = verified
    const cut = wal.isCut
      ? ['What the -wal ends with: a transaction that was never committed, or a file that was cut.']
      : []
    return {
      clean: found.length === 0,
      findings,
      unchecked: [...unchecked, ...cut, ...NEVER_SHOWN],
      entries,
      rows,
    }
  } finally {
    await file.close()
  }
}

async function positionOf(file: DatabaseFile, seq: number): Promise<string | undefined> {
  const raw = await file.inspect(() => entryAt(seq)).catch(() => undefined)
  return raw && formatPosition(raw.entry.position)
}

/** An app that writes at this moment leaves a frame half written; a moment later it is not. */
async function settledWal(path: string): Promise<WalFacts> {
  const facts = lookAtWal(path)
  if (facts.damage === undefined) return facts
  await pause(50)
  const again = lookAtWal(path)
  return again.damage === facts.damage ? again : { ...again, damage: undefined }
}

type AboutTheFile = NewerFormatError | NotADatabaseError | CorruptFileError | SqliteError | StorageIoError

// A file that is not there, or may not be read, is no finding: nothing is known of it.
const isAboutTheFile = (error: unknown): error is AboutTheFile =>
  !(error instanceof CannotOpenError) &&
  (error instanceof NewerFormatError ||
    error instanceof NotADatabaseError ||
    error instanceof CorruptFileError ||
    error instanceof SqliteError ||
    error instanceof StorageIoError)

function whyClosed(error: AboutTheFile): string {
  return error.cause === undefined
    ? error.message
    : `The file cannot be opened: SQLite says ${messageOf(error.cause)}.`
}
