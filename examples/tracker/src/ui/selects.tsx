/** Choosing a status, a priority, an assignee. */

import { PEOPLE, PRIORITIES, STATUSES, type Status } from '../issue.js'
import { Avatar, PRIORITY_NAMES, PriorityIcon, STATUS_NAMES, StatusIcon } from './icons.js'

interface SelectProps<Value> {
  readonly value: Value
  readonly onChange: (value: Value) => void
}

export function StatusSelect({ value, onChange }: SelectProps<Status>) {
  return (
    <label className="select">
      <StatusIcon status={value} />
      <select aria-label="Status" value={value} onChange={({ target }) => onChange(target.value as Status)}>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {STATUS_NAMES[status]}
          </option>
        ))}
      </select>
    </label>
  )
}

export function PrioritySelect({ value, onChange }: SelectProps<number>) {
  return (
    <label className="select">
      <PriorityIcon priority={value} />
      <select aria-label="Priority" value={value} onChange={({ target }) => onChange(Number(target.value))}>
        {PRIORITIES.map((priority, at) => (
          <option key={priority} value={at}>
            {PRIORITY_NAMES[priority]}
          </option>
        ))}
      </select>
    </label>
  )
}

export function AssigneeSelect({ value, onChange }: SelectProps<string | null>) {
  return (
    <label className="select">
      <Avatar name={value} />
      <select
        aria-label="Assignee"
        value={value ?? ''}
        onChange={({ target }) => onChange(target.value === '' ? null : target.value)}
      >
        <option value="">Nobody</option>
        {PEOPLE.map((person) => (
          <option key={person} value={person}>
            {person}
          </option>
        ))}
      </select>
    </label>
  )
}
