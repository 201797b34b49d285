/** Where the figures come from: they mean nothing on another machine, their ratios do. */

import { readFileSync, statfsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { PEER_FOLDER } from './files.js'

export type Machine = Readonly<Record<string, string | number | boolean>>

/** What stands above the table and in `machine`. */
export function describeMachine(folder: string): Machine {
  const peer = dependencies(PEER_FOLDER)
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${platform()} ${release()} ${arch()}`,
    filesystem: `0x${statfsSync(folder).type.toString(16)}`,
    load: loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
    node: process.versions.node,
    sqlite: sqliteVersion(),
    betterSqlite3: installed('better-sqlite3'),
    tanstackDb: installed('@tanstack/db'),
    peer: peer['@tanstack/node-db-sqlite-persistence'] ?? 'unknown',
    peerTanstackDb: peer['@tanstack/db'] ?? 'unknown',
    settings: 'journal_mode=WAL, synchronous=NORMAL on every side',
  }
}

function sqliteVersion(): string {
  const database = new Database(':memory:')
  try {
    return String(database.prepare('SELECT sqlite_version()').pluck().get())
  } finally {
    database.close()
  }
}

// Not every package exports its package.json; the folder that its entry lies in is known.
function installed(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name)
  const folder = entry.slice(0, entry.lastIndexOf(join('node_modules', name)))
  return manifest(join(folder, 'node_modules', name)).version
}

const dependencies = (folder: string): Record<string, string | undefined> => manifest(folder).dependencies

const manifest = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string
    dependencies: Record<string, string | undefined>
  }
