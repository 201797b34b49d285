/** Entries that would be drawn on the same spot, added up: a picture has some hundred columns, a log any number of entries. */

/** What is stacked in a column, from the bottom: puts, patches, deletes, everything else. */
export type Stack = [number, number, number, number]

export interface Lane {
  readonly label: string
  readonly title: string
  /** What a click on its label does; some lanes have nothing to choose. */
  readonly choose?: () => void
  readonly isChosen?: () => boolean
}

export interface Marks {
  /** An entry's part in a lane. */
  readonly lane: number
  readonly stack: Readonly<Stack>
}

export interface Bins {
  /** By lane, by column; nothing where there is nothing. */
  readonly lanes: readonly (readonly (Stack | undefined)[])[]
  /** The same, of entries that the search leaves out. */
  readonly dimmed: readonly (readonly (Stack | undefined)[])[]
  readonly bytes: readonly number[]
  readonly damaged: ReadonlySet<number>
}

export interface Binned {
  readonly count: number
  readonly lanes: readonly Lane[]
  readonly marksOf: (index: number) => readonly Marks[]
  readonly bytesOf: (index: number) => number
  readonly isDamaged: (index: number) => boolean
}

export function bins(
  data: Binned,
  columns: number,
  columnOf: (index: number) => number,
  matches: ReadonlySet<number> | undefined,
): Bins {
  const empty = () => data.lanes.map(() => new Array<Stack | undefined>(columns))
  const [lanes, dimmed] = [empty(), empty()]
  const bytes = new Array<number>(columns).fill(0)
  const damaged = new Set<number>()
  for (let index = 0; index < data.count; index++) {
    const column = Math.max(0, Math.min(columns - 1, columnOf(index)))
    const into = matches === undefined || matches.has(index) ? lanes : dimmed
    for (const { lane, stack } of data.marksOf(index)) {
      const bin = into[lane]?.[column] ?? [0, 0, 0, 0]
      ;(into[lane] as (Stack | undefined)[])[column] = bin
      for (let part = 0; part < 4; part++) bin[part]! += stack[part]!
    }
    bytes[column]! += data.bytesOf(index)
    if (data.isDamaged(index)) damaged.add(column)
  }
  return { lanes, dimmed, bytes, damaged }
}

export const total = (stack: Readonly<Stack>): number => stack[0] + stack[1] + stack[2] + stack[3]
