/** Views, labels and people, each with how many issues there are, live. */

import { count, useLiveQuery } from '@tanstack/react-db'
import { issues } from '../data/issues.js'
import { LABELS, PEOPLE } from '../issue.js'
import { type Filters, VIEWS, type View } from './filters.js'
import { Avatar } from './icons.js'

interface SidebarProps {
  readonly filters: Filters
  readonly onFilters: (filters: Filters) => void
}

export function Sidebar({ filters, onFilters }: SidebarProps) {
  const byStatus = useLiveQuery({
    query: (q) =>
      q
        .from({ issue: issues })
        .groupBy(({ issue }) => issue.status)
        .select(({ issue }) => ({ status: issue.status, issues: count(issue.id) })),
  }).data
  const countOf = (view: View): number => {
    const { statuses } = VIEWS[view]
    const counted = byStatus.filter(({ status }) => statuses === undefined || statuses.includes(status))
    return counted.reduce((sum, { issues }) => sum + issues, 0)
  }
  return (
    <nav className="sidebar">
      <section>
        {(Object.keys(VIEWS) as View[]).map((view) => (
          <button
            type="button"
            key={view}
            className="item"
            aria-pressed={filters.view === view}
            onClick={() => onFilters({ ...filters, view })}
          >
            {VIEWS[view].title}
            <span className="count">{countOf(view).toLocaleString('en')}</span>
          </button>
        ))}
      </section>
      <section>
        <h2>Labels</h2>
        {LABELS.map((label) => (
          <button
            type="button"
            key={label}
            className="item"
            aria-pressed={filters.label === label}
            onClick={() => onFilters({ ...filters, label: filters.label === label ? undefined : label })}
          >
            <span className={`dot label-${label}`} />
            <span className="capital">{label}</span>
          </button>
        ))}
      </section>
      <section>
        <h2>People</h2>
        {PEOPLE.map((person) => (
          <button
            type="button"
            key={person}
            className="item"
            aria-pressed={filters.assignee === person}
            onClick={() =>
              onFilters({ ...filters, assignee: filters.assignee === person ? undefined : person })
            }
          >
            <Avatar name={person} />
            {person}
          </button>
        ))}
      </section>
    </nav>
  )
}
