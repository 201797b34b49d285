/** Where the writes to an issue are: on their way to the log, on this device, refused by the server, or nothing: all is there. */

import { useLiveQuery } from '@tanstack/react-db'
import { CloudOff, HardDrive, LoaderCircle } from 'lucide-react'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { changes } from '../data/changes.js'

export type WriteState = 'pending' | 'durable' | 'refused'

const NAMES: Record<WriteState, string> = {
  pending: 'Saving',
  durable: 'On this device, not sent yet',
  refused: 'Not taken by the server',
}

const ICONS = { pending: LoaderCircle, durable: HardDrive, refused: CloudOff }

const States = createContext<ReadonlyMap<string, WriteState>>(new Map())

export function WriteStates({ children }: { children: ReactNode }) {
  const { data } = useLiveQuery({ query: (q) => q.from({ change: changes }) })
  const states = useMemo(() => {
    const states = new Map<string, WriteState>()
    for (const { issue, refused, $synced } of data) {
      const state = refused === true ? 'refused' : $synced ? 'durable' : 'pending'
      if (state !== 'durable' || !states.has(issue)) states.set(issue, state)
    }
    return states
  }, [data])
  return <States value={states}>{children}</States>
}

export const useWriteStates = (): ReadonlyMap<string, WriteState> => useContext(States)

export function WriteBadge({ issue, label = false }: { issue: string; label?: boolean }) {
  const state = useWriteStates().get(issue)
  if (state === undefined) return null
  const Icon = ICONS[state]
  return (
    <span className={`write write-${state}`} title={NAMES[state]}>
      <Icon size={13} aria-label={NAMES[state]} />
      {label && NAMES[state]}
    </span>
  )
}
