/** Pictures of what an issue is. */

import {
  Circle,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleSlash,
  type LucideIcon,
  Signal,
  SignalHigh,
  SignalLow,
  SignalMedium,
  TriangleAlert,
} from 'lucide-react'
import { PRIORITIES, type Priority, type Status } from '../issue.js'

export const STATUS_NAMES: Record<Status, string> = {
  backlog: 'Backlog',
  todo: 'To do',
  progress: 'In progress',
  review: 'In review',
  done: 'Done',
  canceled: 'Canceled',
}

const STATUS_ICONS: Record<Status, LucideIcon> = {
  backlog: CircleDashed,
  todo: Circle,
  progress: CircleDot,
  review: CircleDot,
  done: CircleCheck,
  canceled: CircleSlash,
}

export const PRIORITY_NAMES: Record<Priority, string> = {
  none: 'No priority',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  urgent: 'Urgent',
}

const PRIORITY_ICONS: Record<Priority, LucideIcon> = {
  none: Signal,
  low: SignalLow,
  medium: SignalMedium,
  high: SignalHigh,
  urgent: TriangleAlert,
}

export function StatusIcon({ status }: { status: Status }) {
  const Icon = STATUS_ICONS[status]
  return <Icon className={`status status-${status}`} size={16} aria-label={STATUS_NAMES[status]} />
}

export function PriorityIcon({ priority }: { priority: number }) {
  const name = PRIORITIES[priority] ?? 'none'
  const Icon = PRIORITY_ICONS[name]
  return <Icon className={`priority priority-${name}`} size={16} aria-label={PRIORITY_NAMES[name]} />
}

export function Avatar({ name }: { name: string | null }) {
  if (name === null) return <span className="avatar nobody" role="img" aria-label="Nobody" />
  const hue = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 360
  return (
    <span className="avatar" style={{ '--hue': hue } as React.CSSProperties} title={name}>
      {name
        .split(' ')
        .map((part) => part[0])
        .join('')}
    </span>
  )
}
