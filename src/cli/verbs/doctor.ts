/** `daybook doctor`: the environment of a file, and what of it is trouble. */

import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Environment, lookAtEnvironment } from '../../drivers/environment.js'
import { sqliteWarnings } from '../../drivers/sqlite-version.js'
import { heldLocks, lockFiles } from '../checks/locks.js'
import { lookAtWal, type WalFacts } from '../checks/wal-file.js'
import type { Cli } from '../cli.js'
import { bytes } from '../output/words.js'
import { jsonOption, verb } from '../verb.js'

/** Compile options that change what daybook's promises rest on. */
const OPTIONS =
  /^(THREADSAFE|DEFAULT_SYNCHRONOUS|DEFAULT_WAL_SYNCHRONOUS|OMIT_\w*WAL|MAX_LENGTH|MAX_PAGE_COUNT|MAX_MMAP_SIZE|DQS|SECURE_DELETE)\b/

/** Below this much free space the next large transaction may find none. */
const LITTLE_SPACE = 100 << 20
const LARGE_WAL = 64 << 20

export default (cli: Cli) =>
  verb(
    'doctor',
    'The environment of a file: SQLite, settings, the -wal, free pages, disk, permissions, locks.',
    [
      ['daybook doctor app.db', 'is anything around this file trouble?'],
      ['daybook doctor app.db --json', 'the same for a program'],
    ],
  )
    .argument('<file>', 'the database')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nsynchronous, cache_size, busy_timeout and wal_autocheckpoint are those of this connection; an app sets its own.',
    )
    .action((path, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const environment = await file.inspect(lookAtEnvironment)
        const { settings, compileOptions } = environment
        const pageSize = Number(settings.page_size)
        const { bavail, bsize } = statfsSync(dirname(path) || '.')
        const wal = lookAtWal(path)
        const facts = {
          file: path,
          node: process.version,
          binding: file.driver.name,
          sqliteVersion: file.driver.sqliteVersion,
          compileOptions: compileOptions.filter((option) => OPTIONS.test(option)),
          settings,
          fileBytes: Number(settings.page_count) * pageSize,
          freeBytes: Number(settings.freelist_count) * pageSize,
          walBytes: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
          walFrames: wal.frames,
          diskFreeBytes: bavail * bsize,
          permissions: { file: permissionsOf(path), folder: permissionsOf(dirname(path) || '.') },
          locks: heldLocks(path),
          lockFiles: lockFiles(path),
        }
        const trouble = troubleIn(facts, environment, wal)
        if (out.format === 'json') {
          await out.object({ ...facts, trouble })
          return
        }
        for (const each of trouble) await out.line(out.colours.yellow(`! ${each}`))
        if (trouble.length > 0) await out.line()
        const locks =
          facts.locks?.map(
            (lock) => `${lock.kind} lock on ${lock.file} by ${lock.process ?? 'process'} ${lock.pid}`,
          ) ?? []
        await out.table([
          ['SQLite', `${facts.sqliteVersion} in ${facts.binding}, Node ${facts.node}`],
          ['compiled with', facts.compileOptions.join(' ')],
          ...Object.entries(settings).map(([name, value]) => [name, String(value)]),
          ['size', `${bytes(facts.fileBytes)}, ${bytes(facts.freeBytes)} of it free`],
          ['-wal', `${bytes(facts.walBytes)}, ${facts.walFrames} frames that SQLite reads`],
          ['disk', `${bytes(facts.diskFreeBytes)} free`],
          ['may', `${facts.permissions.file} the file, ${facts.permissions.folder} its folder`],
          [
            'locks',
            facts.locks === undefined ? 'this system does not tell' : locks.join('; ') || 'none by others',
          ],
          ['lock files', facts.lockFiles.join(', ') || 'none'],
        ])
      }),
    )

interface Facts {
  readonly sqliteVersion: string
  readonly fileBytes: number
  readonly freeBytes: number
  readonly walBytes: number
  readonly diskFreeBytes: number
  readonly permissions: { readonly file: string; readonly folder: string }
}

function troubleIn(facts: Facts, { settings, compileOptions }: Environment, wal: WalFacts): string[] {
  const trouble = [...sqliteWarnings(facts.sqliteVersion)]
  if (compileOptions.includes('THREADSAFE=0')) trouble.push('SQLite is compiled without locks for threads.')
  if (settings.journal_mode !== 'wal')
    trouble.push(`The journal mode is ${settings.journal_mode}, daybook uses wal.`)
  if (settings.auto_vacuum !== 2)
    trouble.push('auto_vacuum is not incremental: free pages are not given back; VACUUM does.')
  if (wal.damage !== undefined) trouble.push(`${wal.damage}: daybook verify says more.`)
  if (facts.walBytes > LARGE_WAL)
    trouble.push('The -wal is large: a reader that stays keeps it from being checkpointed.')
  if (facts.diskFreeBytes < LITTLE_SPACE) trouble.push('There is little space on the disk.')
  if (facts.freeBytes > facts.fileBytes / 2) trouble.push('More than half of the file is free pages.')
  if (!facts.permissions.file.includes('write')) trouble.push('This user may not write the file.')
  if (!facts.permissions.folder.includes('write'))
    trouble.push('This user may not write the folder, which a -wal needs.')
  return trouble
}

function permissionsOf(path: string): string {
  const may = (mode: number): boolean => {
    try {
      accessSync(path, mode)
      return true
    } catch {
      return false
    }
  }
  const words = [may(constants.R_OK) && 'read', may(constants.W_OK) && 'write'].filter(Boolean)
  return words.join(' and ') || 'neither read nor write'
}
