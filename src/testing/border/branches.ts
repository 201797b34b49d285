/** The interesting things that can happen at the border, and how often each did: one that never does is not tested. */

export const BORDER_BRANCHES = [
  'an update waited behind an insert whose handler waits',
  'a change was refused because an earlier one was',
  'an insert was refused because its key was taken',
  'an update was refused because its row was gone',
  'a handler failed',
  'a handler accepted its own mutations',
  'a handler changed another row',
  'a listener changed a row',
  'a transaction over two collections was kept',
  'a transaction was rolled back before it was committed',
  'mutations were accepted and not awaited',
  'paced mutations were committed together',
  'initialData was written, once',
  'initialData was left alone because the collection existed',
  'a row that only memory had was changed, and kept whole',
  'a row on disk came to fit a loaded subset without being in memory',
  'a row moved into an ordered page',
  'a window was moved',
  'a collection was cleaned up and loaded again',
  'a collection object was replaced while the log went on',
  'a handle was closed while changes were under way',
  'a handle was killed',
  'a log was trimmed',
  'a collection was dropped while it was open',
  'a row was forgotten',
  'entries were redacted',
  'a collection was migrated',
  'a context was too old for the rows',
  'rows came with server rendering',
  'a seed stayed, because its source could not be asked',
  'another identity began',
  'a collection was collected as garbage',
  'a context read much',
  'entries came through a faulty channel',
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
  'a live query of TanStack DB lost track of its own rows',
  'TanStack DB gave up a live query of its own',
] as const

export type BorderBranch = (typeof BORDER_BRANCHES)[number]

export class BorderBranches {
  readonly #counts = new Map<BorderBranch, number>()

  reached(branch: BorderBranch): void {
    this.#counts.set(branch, (this.#counts.get(branch) ?? 0) + 1)
  }

  /** All of them, in their order. */
  get counts(): Readonly<Record<BorderBranch, number>> {
    return Object.fromEntries(
      BORDER_BRANCHES.map((branch) => [branch, this.#counts.get(branch) ?? 0]),
    ) as Record<BorderBranch, number>
  }
}
