/** Writing a new issue. */

import { useEffect, useRef, useState } from 'react'
import { createIssue } from '../data/changes.js'
import type { Status } from '../issue.js'
import { AssigneeSelect, PrioritySelect, StatusSelect } from './selects.js'

export function NewIssue({ onClose, onCreated }: { onClose: () => void; onCreated: (id: string) => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [title, setTitle] = useState('')
  const [description, setDescription] = useState('')
  const [status, setStatus] = useState<Status>('todo')
  const [priority, setPriority] = useState(2)
  const [assignee, setAssignee] = useState<string | null>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} className="dialog" onClose={onClose} aria-label="New issue">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onCreated(createIssue({ title: title.trim(), description, status, priority, assignee, labels: [] }))
        }}
      >
        <input
          className="panel-title"
          placeholder="What is it about?"
          aria-label="Title"
          value={title}
          onChange={({ target }) => setTitle(target.value)}
        />
        <textarea
          className="panel-text"
          placeholder="Describe it"
          aria-label="Description"
          rows={4}
          value={description}
          onChange={({ target }) => setDescription(target.value)}
        />
        <div className="dialog-foot">
          <StatusSelect value={status} onChange={setStatus} />
          <PrioritySelect value={priority} onChange={setPriority} />
          <AssigneeSelect value={assignee} onChange={setAssignee} />
          <div className="grow" />
          <button type="button" className="tool" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={title.trim() === ''}>
            Create
          </button>
        </div>
      </form>
    </dialog>
  )
}
