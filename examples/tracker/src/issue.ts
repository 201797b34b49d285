/** What server and pages speak about. */

export const STATUSES = ['backlog', 'todo', 'progress', 'review', 'done', 'canceled'] as const
export const PRIORITIES = ['none', 'low', 'medium', 'high', 'urgent'] as const
export const LABELS = ['bug', 'feature', 'design', 'performance', 'docs', 'security'] as const
export const PEOPLE = [
  'Ada Brandt',
  'Bo Lindqvist',
  'Chidi Okafor',
  'Dana Whitfield',
  'Emre Yildiz',
  'Freya Holm',
  'Gaspard Roux',
  'Hana Sato',
] as const

export type Status = (typeof STATUSES)[number]
export type Priority = (typeof PRIORITIES)[number]
export type Label = (typeof LABELS)[number]

export interface Issue {
  readonly id: string
  /** Given by the server: an issue that was made offline has none until it arrives there. */
  readonly number: number | null
  readonly title: string
  readonly description: string
  readonly status: Status
  /** Its place in PRIORITIES, so that it can be sorted by. */
  readonly priority: number
  readonly labels: readonly Label[]
  readonly assignee: string | null
  readonly createdAt: number
  readonly updatedAt: number
}

export type Fields = Partial<Omit<Issue, 'id' | 'number' | 'createdAt' | 'updatedAt'>>

/** What a user does. Its id is made once, so that the server knows it when it is sent again. */
export type Change = { readonly id: string; readonly issue: string } & (
  | { readonly does: 'create'; readonly fields: Required<Fields> }
  | { readonly does: 'edit'; readonly fields: Fields }
  | { readonly does: 'delete' }
)

/** A place in the server's log. */
export interface Cursor {
  /** Which log: a server that has lost its data begins another. */
  readonly log: string
  readonly term: number
  readonly seq: number
}

/** What the server's feed sends. */
export type FeedMessage =
  | { readonly cursor: Cursor; readonly snapshot: readonly Issue[] }
  | { readonly cursor: Cursor; readonly writes: readonly Write[] }

export type Write =
  | { readonly type: 'insert' | 'update'; readonly value: Partial<Issue> & { readonly id: string } }
  | { readonly type: 'delete'; readonly key: string }
