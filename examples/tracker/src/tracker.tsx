/** The app in one tab: its data is started, then shown. */

import { useState } from 'react'
import { showChanges } from './data/changes.js'
import { daybook } from './data/daybook.js'
import { startDelivery } from './data/delivery.js'
import { followLog } from './data/log.js'
import { tabs } from './data/tabs.js'
import { type Filters, noFilters } from './ui/filters.js'
import { IssueList } from './ui/issue-list.js'
import { IssuePanel } from './ui/issue-panel.js'
import { LogDrawer } from './ui/log-drawer.js'
import { NewIssue } from './ui/new-issue.js'
import { Notices, notice } from './ui/notices.js'
import { Sidebar } from './ui/sidebar.js'
import { TopBar } from './ui/top-bar.js'
import { WriteStates } from './ui/write-state.js'

const report = (error: unknown) => notice(error instanceof Error ? error.message : String(error))

daybook.on('error', report)
daybook.on('source', (event) => {
  notice(
    event.status === 'failing'
      ? 'The server does not answer. Everything you see is on this device.'
      : 'The server is back.',
  )
})
daybook.on('storage', (event) => {
  notice(event.status === 'failing' ? 'This device takes no writes.' : 'This device takes writes again.')
})
daybook.on('evicted', () => notice('The browser has cleared what was kept here.'))
tabs.start()
startDelivery()
showChanges().catch(report)
followLog().catch(report)

export function Tracker() {
  const [filters, setFilters] = useState<Filters>(noFilters)
  const [selected, select] = useState<string>()
  const [isWriting, setWriting] = useState(false)
  const [isLogOpen, setLogOpen] = useState(true)
  return (
    <WriteStates>
      <div className="app">
        <TopBar
          filters={filters}
          onFilters={setFilters}
          onNew={() => setWriting(true)}
          isLogOpen={isLogOpen}
          onLog={() => setLogOpen(!isLogOpen)}
        />
        <div className="body">
          <Sidebar filters={filters} onFilters={setFilters} />
          <main className="main">
            <IssueList filters={filters} onFilters={setFilters} selected={selected} onSelect={select} />
            {isLogOpen && <LogDrawer onClose={() => setLogOpen(false)} />}
          </main>
          {selected !== undefined && (
            <IssuePanel key={selected} id={selected} onClose={() => select(undefined)} />
          )}
        </div>
        {isWriting && (
          <NewIssue
            onClose={() => setWriting(false)}
            onCreated={(id) => {
              setWriting(false)
              select(id)
            }}
          />
        )}
        <Notices />
      </div>
    </WriteStates>
  )
}
