/** Colleagues who work on the same issues: one of them does something every few seconds. */

import { randomUUID } from 'node:crypto'
import { seededRandom } from '../../random.js'
import { type Change, type Fields, PEOPLE, STATUSES } from '../src/issue.js'
import type { IssueStore } from './issue-store.js'

/** Between two changes, in ms. */
const PAUSE = 4000

/** Goes on until what it answers is called. */
export function startTeammates(store: IssueStore, seed = Date.now()): () => void {
  const random = seededRandom(seed)
  const work = () => {
    const recent = store.issues.filter(({ status }) => status !== 'done' && status !== 'canceled')
    if (recent.length === 0) return
    const { id } = random.pick(recent)
    const fields: Fields = [
      () => ({ status: random.pick(STATUSES) }),
      () => ({ assignee: random.pick(PEOPLE) }),
      () => ({ priority: random.below(5) }),
    ][random.below(3)]!()
    const change: Change = { id: randomUUID(), issue: id, does: 'edit', fields }
    void store.apply(change)
  }
  const timer = setInterval(work, PAUSE)
  return () => clearInterval(timer)
}
