/** Explores programs of one focus, and demands the interesting branches that belong to it. */

import { expect, vi } from 'vitest'
import type { BorderBranch } from '../../src/testing/border/branches.js'
import { type BorderOptions, exploreBorder } from '../../src/testing/border/explore.js'
import type { Focus } from '../../src/testing/border/generators.js'

// Hundreds of programs beside other suites.
vi.setConfig({ testTimeout: 900_000 })

/** Faults of TanStack DB itself, which no program has to meet. They are excused, so they are to stay rare. */
export const EXCUSED: readonly BorderBranch[] = [
  'a live query of TanStack DB lost track of its own rows',
  'TanStack DB gave up a live query of its own',
]

/** Of each focus, the branches that its programs have to reach. */
export const REACHED: Readonly<Record<Focus, readonly BorderBranch[]>> = {
  local: [
    'an update waited behind an insert whose handler waits',
    'a change was refused because an earlier one was',
    'a handler failed',
    'a handler accepted its own mutations',
    'a handler changed another row',
    'a listener changed a row',
    'a transaction over two collections was kept',
    'a transaction was rolled back before it was committed',
    'mutations were accepted and not awaited',
    'paced mutations were committed together',
    'a handle was closed while changes were under way',
    'a handle was killed',
    'a log was trimmed',
    'a row was forgotten',
    'entries were redacted',
    'a collection was dropped while it was open',
    'a collection was migrated',
    'a row that only memory had was changed, and kept whole',
  ],
  'on demand': [
    'a row on disk came to fit a loaded subset without being in memory',
    'a row moved into an ordered page',
    'a window was moved',
    'a collection was cleaned up and loaded again',
    'a collection object was replaced while the log went on',
  ],
  contexts: [
    'an insert was refused because its key was taken',
    'an update was refused because its row was gone',
    'entries came through a faulty channel',
    'initialData was written, once',
    'initialData was left alone because the collection existed',
    'a context was too old for the rows',
    'a collection was collected as garbage',
  ],
  synced: [
    'a source began with rows on disk',
    'a source went on from its token',
    'rows that a source had not sent again were deleted',
    'a source truncated',
    'a source failed, and its rows on disk were shown',
    'a source committed inside another commit',
    'a source took its time between begin and commit',
    'a source updated a row that was not in memory',
    'a collection was ready without its source',
    'a collection was not ready without its source',
    'another context took over the source',
    'a mutation was confirmed by its source',
    'rows came with server rendering',
    'a seed stayed, because its source could not be asked',
    'another identity began',
    'a context read much',
  ],
  everything: [],
}

/** As many programs of a focus, from a seed; with a source of somebody's own, the branches that it has to reach. */
export async function explored(
  focus: Focus,
  seed: number,
  programs: number,
  {
    reached = REACHED[focus],
    ...options
  }: Pick<BorderOptions, 'source' | 'allColumns' | 'modes'> & {
    readonly reached?: readonly BorderBranch[]
  } = {},
): Promise<void> {
  const report = await exploreBorder({ seed, focus, programs, ...options })
  console.info(JSON.stringify({ focus, seed, programs: report.programs, branches: report.branches }))
  expect(report.programs).toBe(programs)
  expect(reached.filter((branch) => report.branches[branch] === 0)).toEqual([])
  for (const branch of EXCUSED) expect(report.branches[branch]).toBeLessThan(programs / 20)
}
