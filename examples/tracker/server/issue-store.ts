/**
 * The server's issues: a daybook as well. What a change does and that it was done are one entry, so a change that is sent
 * again changes nothing; and the log is what the pages follow.
 */

import { createCollection, createTransaction } from '@tanstack/db'
import { type Daybook, type DecodedEntry, KeyTakenError, type Op, TrimmedError } from 'daybook'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import type { Change, Cursor, FeedMessage, Issue, Write } from '../src/issue.js'
import { seedIssues } from './seed.js'

/** How many issues there are at the beginning. */
const ISSUES = 5000

interface Done {
  readonly id: string
}

export class IssueStore {
  readonly #daybook: Daybook
  readonly #issues
  readonly #done
  readonly #committing = new Set<Promise<void>>()
  #log = ''
  #lastNumber = 0
  /** How many were begun. */
  #commits = 0

  constructor(filename: string) {
    const daybook = openDaybook({ filename })
    this.#daybook = daybook
    this.#issues = createCollection(
      persistedCollectionOptions({ id: 'issues', getKey: ({ id }: Issue) => id, persistence: daybook }),
    )
    this.#done = createCollection(
      persistedCollectionOptions({ id: 'done', getKey: ({ id }: Done) => id, persistence: daybook }),
    )
  }

  async open(): Promise<this> {
    await Promise.all([this.#issues.preload(), this.#done.preload()])
    if (this.#issues.size === 0) {
      await this.#issues.insert(seedIssues(ISSUES, Date.now())).isPersisted.promise
    }
    this.#lastNumber = Math.max(...this.#issues.toArray.map(({ number }) => number ?? 0))
    this.#log = (await this.#daybook.stats()).id
    return this
  }

  get issues(): readonly Issue[] {
    return this.#issues.toArray
  }

  /** Does what a user did, once; answers how far the log then is. Undefined: there is no such issue. */
  async apply(change: Change): Promise<Cursor | undefined> {
    if (change.does !== 'create' && !this.#issues.has(change.issue) && !this.#done.has(change.id))
      return undefined
    if (!this.#done.has(change.id)) {
      this.#commits++
      const committing = this.#commit(change)
      this.#committing.add(committing)
      await committing.finally(() => this.#committing.delete(committing))
    }
    return this.#cursor(await this.#daybook.head())
  }

  /** Everything after a place, then everything that comes; all issues first where that place is not in this log. */
  async *feed(after: Cursor | undefined, signal: AbortSignal): AsyncGenerator<FeedMessage, void> {
    let from = after?.log === this.#log ? after : undefined
    while (!signal.aborted) {
      if (from === undefined) {
        const snapshot = await this.#snapshot()
        yield snapshot
        from = snapshot.cursor
      }
      try {
        const entries = this.#daybook.entries({ after: from, collection: 'issues', follow: true, signal })
        for await (const entry of entries) yield this.#message(entry)
        return
      } catch (error) {
        if (!(error instanceof TrimmedError)) throw error
        from = undefined
      }
    }
  }

  close(): Promise<void> {
    return this.#daybook.close()
  }

  async #commit(change: Change): Promise<void> {
    const now = Date.now()
    const transaction = createTransaction({
      mutationFn: ({ transaction }) => this.#daybook.commit(transaction),
    })
    transaction.mutate(() => {
      this.#done.insert({ id: change.id })
      if (change.does === 'create') {
        this.#issues.insert({
          ...change.fields,
          id: change.issue,
          number: ++this.#lastNumber,
          createdAt: now,
          updatedAt: now,
        })
      } else if (change.does === 'edit') {
        this.#issues.update(change.issue, (issue) => Object.assign(issue, change.fields, { updatedAt: now }))
      } else {
        this.#issues.delete(change.issue)
      }
    })
    try {
      await transaction.isPersisted.promise
    } catch (error) {
      // The same change, sent twice at the same time: the other one is kept.
      if (!(error instanceof KeyTakenError)) throw error
    }
  }

  /** All issues, and the very place in the log that they belong to: every entry is of a commit of ours. */
  async #snapshot() {
    for (;;) {
      await Promise.allSettled(this.#committing)
      const commits = this.#commits
      const head = await this.#daybook.head()
      if (commits === this.#commits) return { cursor: this.#cursor(head), snapshot: this.issues.map(plain) }
    }
  }

  #cursor({ term, seq }: { readonly term: number; readonly seq: number }): Cursor {
    return { log: this.#log, term, seq }
  }

  #message({ position, ops }: DecodedEntry): FeedMessage {
    return { cursor: this.#cursor(position), writes: ops.flatMap(writesOf) }
  }
}

function writesOf(op: Op): Write[] {
  if (op.op === 'put') return [{ type: 'insert', value: op.value as Issue }]
  if (op.op === 'patch') return [{ type: 'update', value: { ...op.fields, id: String(op.key) } }]
  if (op.op === 'delete') return [{ type: 'delete', key: String(op.key) }]
  return []
}

/** Without the fields that TanStack DB adds to rows. */
const plain = (issue: Issue): Issue =>
  Object.fromEntries(Object.entries(issue).filter(([name]) => !name.startsWith('$'))) as unknown as Issue
