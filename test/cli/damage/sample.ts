/** The files that are damaged: a bit of everything, once with the whole log and once behind a checkpoint. */

import { copyFileSync, existsSync } from 'node:fs'
import { put } from '../../support/arbitraries.js'
import { copyAsKilled, newFile } from '../../support/files.js'
import { exec, openFile, type Session, transaction } from '../../support/open.js'

export interface Sample {
  /** Everything is in the file itself. */
  readonly file: string
  /** The same with its newest transactions in a -wal, as a kill leaves it behind. */
  readonly withWal: string
}

/** `trimmed`: what was before a checkpoint is gone from the log. */
export async function makeSample(trimmed: boolean): Promise<Sample> {
  const file = newFile()
  // With pointer-map pages.
  exec(file, 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM')
  const session = await openFile(file)
  await fill(session)
  if (trimmed) await session.journal.compact()
  exec(file, 'PRAGMA wal_checkpoint(TRUNCATE)')
  await more(session)
  const withWal = copyAsKilled(file)
  await session.journal.close()
  exec(file, 'PRAGMA wal_checkpoint(TRUNCATE)')
  return { file, withWal }
}

async function fill({ journal }: Session): Promise<void> {
  const send = (origin: string, originSeq: number, ops: Parameters<typeof transaction>[2]) =>
    journal.append(transaction(origin, originSeq, ops))
  await journal.claim('todos')
  for (let n = 1; n <= 60; n++) {
    const due = new Date(n * 1_000_000)
    await send(n % 7 === 0 ? 'b' : 'a', n, [put('todos', n, { id: n, title: `Todo ${n} `.repeat(9), due })])
  }
  await send('a', 61, [{ op: 'state', collection: 'todos', name: 'resume', value: { offset: 17n } }])
  await send('a', 62, [{ op: 'state', collection: 'lists', name: 'token', value: 'x'.repeat(300) }])
  await journal.index('todos', { add: [['title'], ['id']] })
  await journal.claimTerm()
  // In parts, and rows on overflow pages; what goes again leaves free pages behind.
  const large = [1, 2, 3].map((key) => put('large', `row-${key}`, { text: String(key).repeat(200_000) }))
  await send('c', 1, large)
  await send('c', 2, [put('large', 'kept', { text: 'kept '.repeat(3000) })])
  await journal.query('large')
  await send('c', 3, [{ op: 'delete', collection: 'large', key: 'row-1' }])
  await send('c', 4, [{ op: 'patch', collection: 'large', key: 'row-2', fields: { text: 'short' } }])
  await send('a', 63, [{ op: 'schema', collection: 'todos', from: 1, to: 2 }])
  await send('a', 64, [{ op: 'meta', collection: 'todos', key: 5, value: { etag: 'abc' } }])
  await send('b', 100, [{ op: 'truncate', collection: 'gone' }, put('dropped', 1, { a: 1 })])
  await send('b', 101, [{ op: 'reset', collection: 'dropped' }])
  await journal.query('todos')
}

async function more({ journal }: Session): Promise<void> {
  await journal.claim('lists')
  for (let n = 1; n <= 30; n++) {
    const ops = [
      { op: 'patch', collection: 'todos', key: n * 2, fields: { done: true } } as const,
      put('lists', `list-${n}`, { todos: BigInt(n) }),
    ]
    await journal.append(transaction('d', n, ops))
  }
  await journal.query('lists')
  await journal.append(transaction('d', 31, [{ op: 'delete', collection: 'lists', key: 'list-3' }]))
  await journal.query('lists')
}

/** A copy of its own, -wal included. */
export function copyOf(file: string): string {
  const copy = newFile()
  copyFileSync(file, copy)
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
  return copy
}
