/** The log as this tab reads it: what you and others do, entry by entry. */

import type { DecodedEntry, Op } from 'daybook/browser'
import { X } from 'lucide-react'
import { useState, useSyncExternalStore } from 'react'
import { daybook } from '../data/daybook.js'
import { newestEntries, subscribeToLog } from '../data/log.js'

export function LogDrawer({ onClose }: { onClose: () => void }) {
  const entries = useSyncExternalStore(subscribeToLog, newestEntries)
  const [open, setOpen] = useState<number>()
  return (
    <section className="log" aria-label="Log">
      <div className="log-head">
        <h2>Log</h2>
        <span className="hint">every transaction of every tab, in order, once</span>
        <div className="grow" />
        <button type="button" className="tool" title="Close" onClick={onClose}>
          <X size={14} aria-label="Close the log" />
        </button>
      </div>
      <ol className="entries">
        {entries.length === 0 && <li className="empty">Change something, here or in another tab.</li>}
        {entries.map((entry) => {
          const { term, seq } = entry.position
          return (
            <li key={seq}>
              <button
                type="button"
                className="entry"
                aria-expanded={open === seq}
                onClick={() => setOpen(open === seq ? undefined : seq)}
              >
                <span className="place">
                  {term}.{seq}
                </span>
                <time>{TIME.format(entry.committedAt)}</time>
                <span className={`who ${entry.origin === daybook.origin ? 'own' : ''}`}>
                  {entry.origin === daybook.origin ? 'this tab' : entry.origin.slice(0, 8)}
                </span>
                <span className="what">{summary(entry)}</span>
              </button>
              {open === seq && <pre>{JSON.stringify(entry.ops.slice(0, 20), undefined, 2)}</pre>}
            </li>
          )
        })}
      </ol>
    </section>
  )
}

const TIME = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
})

function summary({ kind, ops }: DecodedEntry) {
  if (kind === 'term') return <b>a new leader</b>
  if (kind === 'checkpoint') return <b>a checkpoint: older entries may go</b>
  const groups = new Map<string, Op[]>()
  for (const op of ops) {
    const name = `${op.op} ${op.collection}`
    groups.set(name, [...(groups.get(name) ?? []), op])
  }
  return [...groups].map(([name, ops]) => (
    <span key={name} className="op">
      <b>{ops[0]!.op}</b> {ops[0]!.collection}
      {ops.length > 1 ? ` × ${ops.length.toLocaleString('en')}` : detail(ops[0]!)}
    </span>
  ))
}

function detail(op: Op): string {
  if (op.op === 'patch') return ` ${short(op.key)} ${JSON.stringify(op.fields)}`
  if (op.op === 'state') return ` ${op.name}`
  return 'key' in op ? ` ${short(op.key)}` : ''
}

const short = (key: string | number): string => String(key).slice(0, 9)
