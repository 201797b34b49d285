/**
 * What the user has done and the server does not have yet: an outbox that all tabs share. A change is durable when it is in
 * the log, online or not; each tab shows it over the rows of the server until the server has sent them back.
 */

import { type ChangeMessage, createCollection, createTransaction, type Transaction } from '@tanstack/react-db'
import { persistedCollectionOptions } from 'daybook/browser'
import type { Change, Fields, Issue } from '../issue.js'
import { daybook } from './daybook.js'
import { issues } from './issues.js'

export type KeptChange = Change & {
  readonly at: number /** The server does not take it. */
  readonly refused?: boolean
}

export const changes = createCollection(
  persistedCollectionOptions({ id: 'changes', getKey: ({ id }: KeptChange) => id, persistence: daybook }),
)

const make = (change: KeptChange) => changes.insert(change)
const about = (issue: string) => ({ id: crypto.randomUUID(), issue, at: Date.now() })

export const editIssue = (issue: string, fields: Fields) => make({ ...about(issue), does: 'edit', fields })
export const deleteIssue = (issue: string) => make({ ...about(issue), does: 'delete' })
export function createIssue(fields: Required<Fields>): string {
  const issue = crypto.randomUUID()
  make({ ...about(issue), does: 'create', fields })
  return issue
}
export const discard = (ids: string[]) => changes.delete(ids)

/** In the order in which they were made. */
export const inOrder = (one: KeptChange, other: KeptChange): number =>
  one.at - other.at || (one.id < other.id ? -1 : 1)

/** Shows what is in the outbox over the rows of the server, from now on. */
export async function showChanges(): Promise<void> {
  const shown = new Map<string, Transaction>()
  await Promise.all([issues.preload(), changes.preload()])
  const show = (change: KeptChange) => {
    if (shown.has(change.id)) return
    // It stays open, as what is not saved yet, while rows of the server go on coming in below it.
    const overlay = createTransaction({ autoCommit: false, mutationFn: async () => undefined })
    overlay.mutate(() => apply(change))
    shown.set(change.id, overlay)
  }
  const hide = (id: string) => {
    const overlay = shown.get(id)
    shown.delete(id)
    if (overlay?.state === 'pending') overlay.commit().catch(() => undefined)
  }
  const onChanges = (events: readonly ChangeMessage<KeptChange, string>[]) => {
    for (const { type, key } of events) if (type === 'delete') hide(key)
    const made = events.flatMap(({ type, value }) => (type === 'delete' ? [] : [value]))
    made.sort(inOrder).forEach(show)
  }
  changes.subscribeChanges(onChanges, { includeInitialState: true })
}

function apply(change: KeptChange): void {
  const { issue: id, at } = change
  const isHere = issues.has(id)
  if (change.does === 'create' && !isHere) issues.insert(created(change))
  if (change.does === 'edit' && isHere) {
    issues.update(id, (issue) => Object.assign(issue, change.fields, { updatedAt: at }))
  }
  if (change.does === 'delete' && isHere) issues.delete(id)
}

const created = ({ issue, at, fields }: KeptChange & { readonly does: 'create' }): Issue => ({
  ...fields,
  id: issue,
  number: null,
  createdAt: at,
  updatedAt: at,
})
