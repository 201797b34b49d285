/** Issues such as a team that makes an app would have written, the same for the same seed. */

import { type Random, seededRandom } from '../../random.js'
import { type Issue, LABELS, type Label, PEOPLE, PRIORITIES, type Status } from '../src/issue.js'

const PLACES = [
  'Board',
  'Calendar',
  'Comments',
  'Command palette',
  'Editor',
  'Export',
  'Filters',
  'Import',
  'Inbox',
  'Invitations',
  'Login',
  'Mobile',
  'Notifications',
  'Onboarding',
  'Roadmap',
  'Search',
  'Settings',
  'Sync',
]

const WHATS: readonly (readonly [string, readonly Label[]])[] = [
  ['dragging a card loses the focus ring', ['bug', 'design']],
  ['the last page is loaded twice', ['bug', 'performance']],
  ['a pasted link keeps its tracking parameters', ['bug']],
  ['keyboard shortcut to jump to the next item', ['feature']],
  ['dark theme has too little contrast in the sidebar', ['design']],
  ['time zone of the guest is not taken into account', ['bug']],
  ['first paint takes over a second with 10,000 rows', ['performance']],
  ['explain what happens when the quota is reached', ['docs']],
  ['session should end when the password changes', ['security']],
  ['undo after a bulk edit brings back only one item', ['bug']],
  ['show who else is looking at this', ['feature']],
  ['names with accents are sorted last', ['bug']],
  ['empty state needs a picture and one clear action', ['design']],
  ['allow more than one assignee', ['feature']],
  ['error message says “undefined”', ['bug']],
  ['long titles push the menu out of the window', ['bug', 'design']],
  ['save the last used view for each project', ['feature']],
  ['audit log for administrators', ['feature', 'security']],
  ['describe the webhook’s retries', ['docs']],
  ['swipe to archive', ['feature', 'design']],
  ['scrolling stutters while images load', ['performance']],
  ['rate limit is not shown to the user', ['security', 'docs']],
]

const DETAILS = [
  'Seen by three customers this week.',
  'Easy to see on a slow connection: throttle the network, then switch projects.',
  'We said yes to this in the last planning.',
  'It worked two releases ago.',
  'Support asks for it about once a week.',
  'See the recording that is linked in the thread.',
]

const DAY = 24 * 60 * 60 * 1000

/** `count` issues, the newest last. */
export function seedIssues(count: number, now: number, seed = 1): Issue[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, at) => {
    const age = ((count - at) / count) * 400 * DAY
    const createdAt = Math.round(now - age - random.next() * DAY)
    const [what, labels] = random.pick(WHATS)
    return {
      id: `seed-${at + 1}`,
      number: at + 1,
      title: `${random.pick(PLACES)}: ${what}`,
      description: `${random.pick(DETAILS)} ${random.pick(DETAILS)}`,
      status: statusAt(age, random),
      priority: Math.min(random.below(PRIORITIES.length), random.below(PRIORITIES.length + 2)),
      labels: random.below(5) === 0 ? [random.pick(LABELS)] : labels,
      assignee: random.below(4) === 0 ? null : random.pick(PEOPLE),
      createdAt,
      updatedAt: Math.round(createdAt + random.next() * Math.min(age, 20 * DAY)),
    }
  })
}

function statusAt(age: number, random: Random): Status {
  const old = age > 60 * DAY
  if (random.below(20) === 0) return 'canceled'
  if (random.below(100) < (old ? 82 : 30)) return 'done'
  return random.pick(['backlog', 'backlog', 'todo', 'todo', 'progress', 'review'] as const)
}
