/** Lock files, and the folder they are in. Other processes: test/processes/sync-owner.test.ts. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  openBetterSqlite3,
  openBetterSqlite3LockFile,
  useBetterSqlite3,
} from '../../src/drivers/better-sqlite3.js'
import type { Driver } from '../../src/drivers/driver.js'
import { LockUnavailableError } from '../../src/errors.js'
import { fileLocks } from '../../src/runtime/sync-owner/locks/file-locks.js'
import { LockPath } from '../../src/runtime/sync-owner/locks/lock-path.js'
import type { Lock, Locks } from '../../src/runtime/sync-owner/locks/locks.js'
import { FakeClock, turn } from '../support/clock.js'

const settings = { durability: 'process', busyTimeout: 0 } as const
const never = new AbortController().signal

let folder: string
let file: string
let clock: FakeClock
let drivers: Driver[]

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'daybook-locks-')))
  file = join(folder, 'app.db')
  clock = new FakeClock()
  drivers = []
})

afterEach(async () => {
  for (const driver of drivers) await driver.close()
  rmSync(folder, { recursive: true, force: true })
})

function locksOf(filename = file): Locks {
  const driver = openBetterSqlite3(filename, settings)
  drivers.push(driver)
  return fileLocks({ driver, handle: driver, openLockFile: openBetterSqlite3LockFile, clock })
}

const lockFolder = (): string => join(folder, 'app.db-locks')
const lockFiles = (): string[] => readdirSync(lockFolder()).sort()
const pathOf = (name: string): string => join(lockFolder(), name)

/** Another process's view of the lock: past the line of this process, on the file alone. */
const elsewhere = (path: string): LockPath =>
  new LockPath({ path, openLockFile: openBetterSqlite3LockFile, mode: 0o644 })

/** Whether a request is granted without anybody releasing anything. */
async function granted(request: Promise<Lock>): Promise<boolean> {
  await clock.advance(1000)
  return Promise.race([request.then(() => true), turn().then(() => false)])
}

describe('the lock of a database file', () => {
  it('is one empty file in a folder beside it, while it is held', async () => {
    const lock = await locksOf().request('todos', { signal: never })
    const [name] = lockFiles() as [string]
    expect(lockFiles()).toHaveLength(1)
    expect(name).toMatch(/^todos-[0-9a-f]{64}$/)
    expect(statSync(pathOf(name)).size).toBe(0)
    lock.release()
    lock.release()
    expect(existsSync(lockFolder())).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('does not keep the database from being written', async () => {
    const locks = locksOf()
    await locks.request('todos', { signal: never })
    const database = new Database(file, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE; CREATE TABLE t (x); COMMIT')
    database.close()
  })

  it('goes to one at a time, also of another handle and by another name of the file', async () => {
    const link = join(folder, 'link.db')
    const first = await locksOf().request('todos', { signal: never })
    symlinkSync(file, link)
    const second = locksOf(link).request('todos', { signal: never })
    expect(await granted(second)).toBe(false)
    first.release()
    const lock = await second
    lock.release()
    expect(existsSync(lockFolder())).toBe(false)
  })

  it('of another name is another, whatever the names look like', async () => {
    const locks = locksOf()
    const long = 'x'.repeat(3000)
    const names = [
      'todos',
      'Todos',
      'todos!',
      'to/dos',
      '../todos',
      '',
      '…',
      '\ud800',
      '\ud801',
      long,
      `${long}y`,
    ]
    const held = await Promise.all(names.map((name) => locks.request(name, { signal: never })))
    expect(lockFiles()).toHaveLength(names.length)
    expect(readdirSync(folder)).not.toContain('todos')
    for (const lock of held) lock.release()
    expect(existsSync(lockFolder())).toBe(false)
  })

  it('of another database is another', async () => {
    await locksOf().request('todos', { signal: never })
    await locksOf(join(folder, 'other.db')).request('todos', { signal: never })
    expect(existsSync(join(folder, 'other.db-locks'))).toBe(true)
  })

  it('that another process holds is looked at by a timer, and not asked for any more when the signal aborts', async () => {
    const locks = locksOf()
    const first = await locks.request('todos', { signal: never })
    const [name] = lockFiles() as [string]
    first.release()
    mkdirSync(lockFolder())
    const other = elsewhere(pathOf(name))
    expect(other.tryLock()).toBe(true)

    const ending = new AbortController()
    const aborted = locks.request('todos', { signal: ending.signal })
    expect(await granted(aborted)).toBe(false)
    expect(clock.pending).toBe(1)
    ending.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(clock.pending).toBe(0)

    const second = locks.request('todos', { signal: never })
    expect(await granted(second)).toBe(false)
    // Giving up does not take the holder's file away.
    expect(lockFiles()).toEqual([name])
    other.release()
    await clock.advance(500)
    const lock = await second
    lock.release()
    expect(existsSync(lockFolder())).toBe(false)
  })

  it('has the permissions of the database', async () => {
    const locks = locksOf()
    chmodSync(file, 0o664)
    await locks.request('todos', { signal: never })
    expect(statSync(pathOf(lockFiles()[0] as string)).mode & 0o777).toBe(0o664)
    expect(statSync(lockFolder()).mode & 0o777).toBe(0o775)
  })
})

describe('a lock file that is deleted', () => {
  it('while it is held, lets a second holder in; neither takes the file of the other away', () => {
    mkdirSync(lockFolder())
    const path = pathOf('todos')
    const [first, second, third] = [elsewhere(path), elsewhere(path), elsewhere(path)]
    expect(first.tryLock()).toBe(true)
    expect(second.tryLock()).toBe(false)
    rmSync(lockFolder(), { recursive: true })
    // Not the lock that nobody else would look at, but the one that is there now.
    expect(third.tryLock()).toBe(true)
    first.release()
    expect(existsSync(path)).toBe(true)
    expect(second.tryLock()).toBe(false)
    third.release()
    expect(second.tryLock()).toBe(true)
    expect(existsSync(path)).toBe(true)
    second.release()
    expect(existsSync(lockFolder())).toBe(false)
  })

  it('while nobody holds it, is made anew', () => {
    mkdirSync(lockFolder())
    const path = pathOf('todos')
    const [first, second] = [elsewhere(path), elsewhere(path)]
    expect(first.tryLock()).toBe(true)
    expect(second.tryLock()).toBe(false)
    first.release()
    expect(existsSync(lockFolder())).toBe(false)
    expect(second.tryLock()).toBe(true)
    expect(second.tryLock()).toBe(true)
    second.release()
  })
})

describe('a folder that vanishes', () => {
  it('between its making and the opening of the file, is made again', () => {
    let opened = 0
    const path = pathOf('todos')
    const lock = new LockPath({
      path,
      mode: 0o644,
      openLockFile: (path) => {
        if (++opened === 1) rmSync(lockFolder(), { recursive: true })
        return openBetterSqlite3LockFile(path)
      },
    })
    expect(lock.tryLock()).toBe(true)
    expect(opened).toBe(2)
    lock.release()
  })

  it('again and again, is tried later', () => {
    const lock = new LockPath({
      path: pathOf('todos'),
      mode: 0o644,
      openLockFile: (path) => {
        const file = openBetterSqlite3LockFile(path)
        rmSync(lockFolder(), { recursive: true })
        return file
      },
    })
    expect(lock.tryLock()).toBe(false)
    lock.giveUp()
  })
})

describe('a lock that cannot be had', () => {
  it('because there is a file where the folder should be, is refused, naming the path', async () => {
    const locks = locksOf()
    writeFileSync(lockFolder(), '')
    const error = await locks.request('todos', { signal: never }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(LockUnavailableError)
    expect((error as LockUnavailableError).path).toContain(join('app.db-locks', 'todos-'))
    // It can be had when that is mended: nothing of the first attempt is left.
    rmSync(lockFolder())
    const lock = await locks.request('todos', { signal: never })
    lock.release()
  })

  it('because its file is not a lock file, is refused', async () => {
    const locks = locksOf()
    const first = await locks.request('todos', { signal: never })
    const [name] = lockFiles() as [string]
    first.release()
    mkdirSync(lockFolder())
    writeFileSync(pathOf(name), 'this is no database, and longer than the header of one. '.repeat(20))
    await expect(locks.request('todos', { signal: never })).rejects.toBeInstanceOf(LockUnavailableError)
    expect(existsSync(pathOf(name))).toBe(true)
  })

  it('because the database is gone, is refused', async () => {
    const locks = locksOf()
    rmSync(file)
    await expect(locks.request('todos', { signal: never })).rejects.toBeInstanceOf(LockUnavailableError)
    expect(existsSync(lockFolder())).toBe(false)
  })

  it('because its file may be read and not written, is refused', async () => {
    const locks = locksOf()
    const [path, release] = [pathOf('todos'), await heldOnce(locks)]
    writeFileSync(path, '')
    chmodSync(path, 0o444)
    const done = makeUnwritable(folder)
    try {
      expect(() => elsewhere(path).tryLock()).toThrow(LockUnavailableError)
    } finally {
      done()
    }
    release()
  })

  it('because the folder cannot be written, is refused', async () => {
    const locks = locksOf()
    const done = makeUnwritable(folder)
    try {
      await expect(locks.request('todos', { signal: never })).rejects.toBeInstanceOf(LockUnavailableError)
      expect(existsSync(lockFolder())).toBe(false)
    } finally {
      done()
    }
    const lock = await locks.request('todos', { signal: never })
    lock.release()
  })
})

describe('a database without a file', () => {
  it('has the locks of its handle', async () => {
    const database = new Database(':memory:')
    const [one, two, other] = [database, database, new Database(':memory:')].map((handle) =>
      fileLocks({
        driver: useBetterSqlite3(handle, settings),
        handle,
        openLockFile: openBetterSqlite3LockFile,
        clock,
      }),
    ) as [Locks, Locks, Locks]
    const first = await one.request('todos', { signal: never })
    await other.request('todos', { signal: never })
    const second = two.request('todos', { signal: never })
    expect(await granted(second)).toBe(false)
    first.release()
    await second
  })
})

describe('a handle that the app gives', () => {
  it('has the locks of its file', async () => {
    const first = await locksOf().request('todos', { signal: never })
    const database = new Database(file)
    const driver = useBetterSqlite3(database, settings)
    const second = fileLocks({
      driver,
      handle: database,
      openLockFile: openBetterSqlite3LockFile,
      clock,
    }).request('todos', { signal: never })
    expect(await granted(second)).toBe(false)
    first.release()
    ;(await second).release()
    database.close()
  })

  it('that cannot write, gets no lock', async () => {
    locksOf()
    const database = new Database(file, { readonly: true })
    const driver = useBetterSqlite3(database, settings)
    const ending = new AbortController()
    const request = fileLocks({
      driver,
      handle: database,
      openLockFile: openBetterSqlite3LockFile,
      clock,
    }).request('todos', { signal: ending.signal })
    expect(await granted(request)).toBe(false)
    expect(existsSync(lockFolder())).toBe(false)
    ending.abort(new Error('enough'))
    await expect(request).rejects.toThrow('enough')
    database.close()
  })
})

/** A lock that is held, so that the folder is there. */
async function heldOnce(locks: Locks): Promise<() => void> {
  const lock = await locks.request('another', { signal: never })
  return () => lock.release()
}

/** Nobody can make anything in the folder until the answer is called. Permissions do not count for root: it steps back. */
function makeUnwritable(path: string): () => void {
  chmodSync(path, 0o555)
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(NOBODY)
  return () => {
    if (isRoot) process.seteuid?.(0)
    chmodSync(path, 0o755)
  }
}

const NOBODY = 65534
