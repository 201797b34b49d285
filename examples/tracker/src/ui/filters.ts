/** What the list shows. */

import type { Label, Status } from '../issue.js'

export type View = 'active' | 'backlog' | 'done' | 'all'
export type Sort = 'updatedAt' | 'createdAt' | 'priority'

export interface Filters {
  readonly view: View
  readonly text: string
  readonly label: Label | undefined
  readonly assignee: string | undefined
  readonly sort: Sort
}

export const noFilters: Filters = {
  view: 'active',
  text: '',
  label: undefined,
  assignee: undefined,
  sort: 'updatedAt',
}

export const VIEWS: Record<
  View,
  { readonly title: string; readonly statuses: readonly Status[] | undefined }
> = {
  active: { title: 'Active', statuses: ['todo', 'progress', 'review'] },
  backlog: { title: 'Backlog', statuses: ['backlog'] },
  done: { title: 'Done', statuses: ['done', 'canceled'] },
  all: { title: 'All issues', statuses: undefined },
}

export const SORTS: Record<Sort, string> = {
  updatedAt: 'Last change',
  createdAt: 'Newest',
  priority: 'Priority',
}
