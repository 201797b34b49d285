/** The bar at the top: search, what this tab is, who else is there, and the switches to try things with. */

import { useLiveQuery } from '@tanstack/react-db'
import { Columns2, Crown, Plus, ScrollText, Search, Skull, Wifi, WifiOff } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { setOnline, settings } from '../data/network.js'
import { type Tab, tabs } from '../data/tabs.js'
import type { Filters } from './filters.js'
import { useWriteStates } from './write-state.js'

interface TopBarProps {
  readonly filters: Filters
  readonly onFilters: (filters: Filters) => void
  readonly onNew: () => void
  readonly isLogOpen: boolean
  readonly onLog: () => void
}

export function TopBar({ filters, onFilters, onNew, isLogOpen, onLog }: TopBarProps) {
  const all = useSyncExternalStore(tabs.subscribe, tabs.all)
  return (
    <header className="top">
      <div className="brand">
        <span className="mark" aria-hidden="true" />
        Tracker
      </div>
      <label className="search">
        <Search size={15} aria-hidden="true" />
        <input
          type="search"
          placeholder="Search issues"
          value={filters.text}
          onChange={({ target }) => onFilters({ ...filters, text: target.value })}
        />
      </label>
      <button type="button" className="primary" aria-label="New issue" onClick={onNew}>
        <Plus size={15} aria-hidden="true" />
        <span>New issue</span>
      </button>
      <div className="grow" />
      <TabStrip all={all} />
      <NetworkSwitch />
      <button
        type="button"
        className="tool danger"
        aria-label="Kill leader"
        title="End the worker that has the database, as a crash would"
        onClick={() => tabs.killLeader()}
      >
        <Skull size={15} aria-hidden="true" />
        <span>Kill leader</span>
      </button>
      <button type="button" className="tool" aria-pressed={isLogOpen} title="The log" onClick={onLog}>
        <ScrollText size={15} aria-label="Log" />
      </button>
      {window.top === window && (
        <a className="tool" href="?split=2" title="Two tabs in one window">
          <Columns2 size={15} aria-label="Split view" />
        </a>
      )}
    </header>
  )
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

function TabStrip({ all }: { all: readonly Tab[] }) {
  const own = tabs.own
  return (
    <ul className="tabs" aria-label="Tabs">
      {all.map((tab, at) => (
        <li
          key={tab.id}
          className={`tab ${tab.role} ${tab.id === own.id ? 'own' : ''}`}
          data-own={tab.id === own.id}
          data-role={tab.role}
          data-seq={tab.seq}
          title={describe(tab, tab.id === own.id)}
        >
          <span className="letter">{LETTERS[at % 26]}</span>
          {tab.role === 'leader' && <Crown size={12} aria-hidden="true" />}
          {tab.id === own.id && (
            <span className="role">{tab.storage === 'memory' ? 'memory' : tab.role}</span>
          )}
          {tab.syncs && <span className="syncs" role="img" aria-label="runs the sync" />}
          <span className="seq">{tab.seq.toLocaleString('en')}</span>
        </li>
      ))}
    </ul>
  )
}

function describe({ role, syncs, seq }: Tab, isOwn: boolean): string {
  const who = isOwn ? 'This tab' : 'Another tab'
  return `${who}: ${role}${syncs ? ', runs the sync' : ''}, has read the log up to ${seq}`
}

function NetworkSwitch() {
  const { data } = useLiveQuery({ query: (q) => q.from({ setting: settings }) })
  const waiting = useWriteStates().size
  const online = data[0]?.online ?? true
  return (
    <button
      type="button"
      className={`tool network ${online ? 'online' : 'offline'}`}
      role="switch"
      aria-checked={online}
      title="Use the network, in all tabs"
      onClick={() => setOnline(!online)}
    >
      {online ? <Wifi size={15} aria-hidden="true" /> : <WifiOff size={15} aria-hidden="true" />}
      <span>{online ? 'Online' : 'Offline'}</span>
      {waiting > 0 && <b className="waiting">{waiting}</b>}
    </button>
  )
}
