/** The issues that the filters let through: a live query over all rows, of which only those in sight are drawn. */

import { eq, ilike, inArray, useLiveQuery } from '@tanstack/react-db'
import { useVirtualizer } from '@tanstack/react-virtual'
import { X } from 'lucide-react'
import { useRef } from 'react'
import { issues } from '../data/issues.js'
import type { Issue } from '../issue.js'
import { type Filters, SORTS, type Sort, VIEWS } from './filters.js'
import { Avatar, PriorityIcon, StatusIcon } from './icons.js'
import { WriteBadge } from './write-state.js'

/** The height of a row, in px. */
const ROW = 41

interface IssueListProps {
  readonly filters: Filters
  readonly onFilters: (filters: Filters) => void
  readonly selected: string | undefined
  readonly onSelect: (id: string) => void
}

export function IssueList({ filters, onFilters, selected, onSelect }: IssueListProps) {
  const { data, isReady, isError } = useFiltered(filters)
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: data.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    getItemKey: (at) => data[at]?.id ?? at,
  })
  return (
    <section className="list" aria-label="Issues">
      <div className="list-head">
        <h1>{VIEWS[filters.view].title}</h1>
        <span className="count" data-testid="shown">
          {data.length.toLocaleString('en')}
        </span>
        <Chip name={filters.label} onClear={() => onFilters({ ...filters, label: undefined })} />
        <Chip name={filters.assignee} onClear={() => onFilters({ ...filters, assignee: undefined })} />
        <div className="grow" />
        <label className="sort">
          <span>Sort by</span>
          <select
            value={filters.sort}
            onChange={({ target }) => onFilters({ ...filters, sort: target.value as Sort })}
          >
            {Object.entries(SORTS).map(([sort, name]) => (
              <option key={sort} value={sort}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div className="scroller" ref={scroller}>
        {data.length === 0 && <Empty isReady={isReady} isError={isError} />}
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map(({ index, start, key }) => (
            <IssueRow
              key={key}
              issue={data[index]!}
              top={start}
              isSelected={data[index]!.id === selected}
              onSelect={onSelect}
            />
          ))}
        </div>
      </div>
    </section>
  )
}

function useFiltered({ view, text, label, assignee, sort }: Filters) {
  return useLiveQuery({
    query: (q) => {
      const { statuses } = VIEWS[view]
      let query = q.from({ issue: issues })
      if (statuses !== undefined) query = query.where(({ issue }) => inArray(issue.status, [...statuses]))
      if (text.trim() !== '') query = query.where(({ issue }) => ilike(issue.title, `%${text.trim()}%`))
      if (label !== undefined) query = query.where(({ issue }) => inArray(label, issue.labels))
      if (assignee !== undefined) query = query.where(({ issue }) => eq(issue.assignee, assignee))
      return query.orderBy(({ issue }) => issue[sort], 'desc')
    },
  })
}

interface IssueRowProps {
  readonly issue: Issue
  readonly top: number
  readonly isSelected: boolean
  readonly onSelect: (id: string) => void
}

function IssueRow({ issue, top, isSelected, onSelect }: IssueRowProps) {
  return (
    <button
      type="button"
      className="row"
      aria-pressed={isSelected}
      style={{ height: ROW, transform: `translateY(${top}px)` }}
      onClick={() => onSelect(issue.id)}
    >
      <PriorityIcon priority={issue.priority} />
      <span className="number">{issue.number === null ? 'new' : `TRK-${issue.number}`}</span>
      <StatusIcon status={issue.status} />
      <span className="title">{issue.title}</span>
      <WriteBadge issue={issue.id} />
      <span className="labels">
        {issue.labels.map((label) => (
          <span key={label} className="label">
            <span className={`dot label-${label}`} />
            {label}
          </span>
        ))}
      </span>
      <time className="when">{when(issue.updatedAt)}</time>
      <Avatar name={issue.assignee} />
    </button>
  )
}

function Chip({ name, onClear }: { name: string | undefined; onClear: () => void }) {
  if (name === undefined) return null
  return (
    <button type="button" className="chip" onClick={onClear}>
      {name}
      <X size={12} aria-label="Remove filter" />
    </button>
  )
}

function Empty({ isReady, isError }: { isReady: boolean; isError: boolean }) {
  if (isError) return <p className="empty">Nothing is on this device yet, and the server does not answer.</p>
  return <p className="empty">{isReady ? 'No issue is like that.' : 'Loading …'}</p>
}

const DATE = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' })
const TIME = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false })

const when = (time: number): string => (Date.now() - time < 12 * 60 * 60 * 1000 ? TIME : DATE).format(time)
