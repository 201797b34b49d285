/** One issue, to read and to change. Whatever is changed is kept at once. */

import { eq, useLiveQuery } from '@tanstack/react-db'
import { Trash2, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { changes, deleteIssue, discard, editIssue } from '../data/changes.js'
import { issues } from '../data/issues.js'
import { LABELS } from '../issue.js'
import { AssigneeSelect, PrioritySelect, StatusSelect } from './selects.js'
import { useWriteStates, WriteBadge } from './write-state.js'

export function IssuePanel({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: issue, isReady } = useLiveQuery({
    query: (q) =>
      q
        .from({ issue: issues })
        .where(({ issue }) => eq(issue.id, id))
        .findOne(),
  })
  if (issue === undefined) {
    return isReady ? (
      <aside className="panel">
        <PanelHead name="Deleted" onClose={onClose} />
        <p className="empty">This issue is no more.</p>
      </aside>
    ) : null
  }
  return (
    <aside className="panel" aria-label="Issue">
      <PanelHead name={issue.number === null ? 'New issue' : `TRK-${issue.number}`} onClose={onClose}>
        <button
          type="button"
          className="tool"
          title="Delete"
          onClick={() => {
            deleteIssue(id)
            onClose()
          }}
        >
          <Trash2 size={15} aria-label="Delete" />
        </button>
      </PanelHead>
      <Text
        className="panel-title"
        label="Title"
        value={issue.title}
        onSave={(title) => title.trim() !== '' && editIssue(id, { title })}
      />
      <dl className="fields">
        <dt>Status</dt>
        <dd>
          <StatusSelect value={issue.status} onChange={(status) => editIssue(id, { status })} />
        </dd>
        <dt>Priority</dt>
        <dd>
          <PrioritySelect value={issue.priority} onChange={(priority) => editIssue(id, { priority })} />
        </dd>
        <dt>Assignee</dt>
        <dd>
          <AssigneeSelect value={issue.assignee} onChange={(assignee) => editIssue(id, { assignee })} />
        </dd>
        <dt>Labels</dt>
        <dd className="toggles">
          {LABELS.map((label) => {
            const isOn = issue.labels.includes(label)
            const labels = isOn ? issue.labels.filter((each) => each !== label) : [...issue.labels, label]
            return (
              <button
                type="button"
                key={label}
                className="label"
                aria-pressed={isOn}
                onClick={() => editIssue(id, { labels })}
              >
                <span className={`dot label-${label}`} />
                {label}
              </button>
            )
          })}
        </dd>
      </dl>
      <Text
        className="panel-text"
        label="Description"
        value={issue.description}
        onSave={(description) => editIssue(id, { description })}
      />
      <Writes issue={id} />
    </aside>
  )
}

interface PanelHeadProps {
  readonly name: string
  readonly onClose: () => void
  readonly children?: React.ReactNode
}

function PanelHead({ name, onClose, children }: PanelHeadProps) {
  return (
    <div className="panel-head">
      <span className="number">{name}</span>
      <div className="grow" />
      {children}
      <button type="button" className="tool" title="Close" onClick={onClose}>
        <X size={15} aria-label="Close" />
      </button>
    </div>
  )
}

function Writes({ issue }: { issue: string }) {
  const state = useWriteStates().get(issue)
  const refused = changes.toArray.filter((change) => change.issue === issue && change.refused === true)
  return (
    <p className="writes" data-testid="writes">
      {state === undefined ? (
        <span className="write write-sent">On this device and on the server</span>
      ) : null}
      <WriteBadge issue={issue} label />
      {refused.length > 0 && (
        <button type="button" className="tool" onClick={() => discard(refused.map(({ id }) => id))}>
          Discard
        </button>
      )}
    </p>
  )
}

interface TextProps {
  readonly className: string
  readonly label: string
  readonly value: string
  readonly onSave: (text: string) => void
}

/** A text that is saved when one leaves it, and that follows others as long as one does not write in it. */
function Text({ className, label, value, onSave }: TextProps) {
  const [text, setText] = useState(value)
  const [isDirty, setDirty] = useState(false)
  useEffect(() => {
    if (!isDirty) setText(value)
  }, [value, isDirty])
  return (
    <textarea
      className={className}
      aria-label={label}
      value={text}
      rows={1}
      onChange={({ target }) => {
        setText(target.value)
        setDirty(true)
      }}
      onBlur={() => {
        setDirty(false)
        if (text !== value) onSave(text)
      }}
    />
  )
}
