/**
 * Todos in the peer, TanStack's own persistence for Node. It lives in bench/peer as a package of its own, with the
 * @tanstack/db that it pins, and is installed when a case first needs it.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { PEER_FOLDER } from '../files.js'
import { type Store, storeOf, type TodoCollection } from './store.js'

interface PeerModule {
  openTodos(database: Database.Database): Promise<TodoCollection & { cleanup(): Promise<void> }>
}

let loading: Promise<PeerModule> | undefined

/** Resolves when the rows of the file are loaded. */
export async function openPeerStore(filename: string): Promise<Store> {
  const { openTodos } = await loadPeer()
  // The peer takes a handle, so both sides run on one build of SQLite, and nothing is compiled twice.
  const database = new Database(filename)
  const todos = await openTodos(database)
  checkSettings(database)
  return storeOf(todos, async () => {
    await todos.cleanup()
    database.close()
  })
}

/** Installs the peer when it is missing, and imports it: not part of anything that is timed. */
export function loadPeer(): Promise<PeerModule> {
  loading ??= load()
  return loading
}

async function load(): Promise<PeerModule> {
  // npm writes this file last, so a broken installation is begun again.
  if (!existsSync(join(PEER_FOLDER, 'node_modules/.package-lock.json'))) await install()
  return (await import(pathToFileURL(join(PEER_FOLDER, 'todos.mjs')).href)) as PeerModule
}

async function install(): Promise<void> {
  process.stderr.write('\ninstalling bench/peer …\n')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  // stdout belongs to the report.
  const child = spawn(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: PEER_FOLDER,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`npm ci in ${PEER_FOLDER} ended with ${code}: the peer cannot be measured.`)
}

function checkSettings(database: Database.Database): void {
  const journal = database.pragma('journal_mode', { simple: true })
  const synchronous = database.pragma('synchronous', { simple: true })
  if (journal !== 'wal' || synchronous !== 1) {
    throw new Error(`The peer runs with journal_mode=${journal}, synchronous=${synchronous}: not comparable.`)
  }
}
