/** Walking through a log in a terminal, entry by entry: what each is, and what it did to rows. */

import { emitKeypressEvents, type Key } from 'node:readline'
import type { DatabaseFile } from '../database-file.js'
import { effectLines, effectOf } from '../entries/effect.js'
import { UsageError } from '../exit-codes.js'
import type { Output } from '../output/output.js'
import { grouped } from '../output/words.js'
import type { Extent } from '../position/position.js'

export interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: Output
  readonly rows: () => number
}

type Move = 'next' | 'previous' | 'first' | 'last' | 'quit'

const MOVES: Readonly<Record<string, Move>> = {
  n: 'next',
  right: 'next',
  down: 'next',
  space: 'next',
  return: 'next',
  p: 'previous',
  left: 'previous',
  up: 'previous',
  backspace: 'previous',
  home: 'first',
  g: 'first',
  end: 'last',
  q: 'quit',
  escape: 'quit',
}

/** Shows the entry at a position and goes where the keys say, between the floor and `last`, until it is enough. */
export async function stepThrough(
  file: DatabaseFile,
  { floor }: Extent,
  from: number,
  last: number,
  { input, output: out, rows }: Terminal,
): Promise<void> {
  let seq = from
  emitKeypressEvents(input)
  input.setRawMode(true)
  input.resume()
  const keys = movesOf(input)
  try {
    await show(file, seq, last, out, rows())
    for await (const move of keys) {
      if (move === 'quit') return
      const wanted = { next: seq + 1, previous: seq - 1, first: floor.seq, last }[move]
      seq = Math.min(last, Math.max(floor.seq, wanted))
      await show(file, seq, last, out, rows())
    }
  } finally {
    input.setRawMode(false)
    input.pause()
    await out.line()
  }
}

const CLEAR = '\x1b[2J\x1b[H'

async function show(
  file: DatabaseFile,
  seq: number,
  last: number,
  out: Output,
  height: number,
): Promise<void> {
  let lines: string[]
  try {
    lines = [...effectLines(await effectOf(file, seq), out)].flatMap((line) => line.split('\n'))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    lines = [out.colours.red(error.message)]
  }
  const room = Math.max(3, height - 3)
  const shown = lines.slice(0, room)
  if (lines.length > room)
    shown[room - 1] = out.colours.dim(`… ${lines.length - room + 1} more lines: daybook show`)
  await out.line(CLEAR + shown.join('\n'))
  await out.line()
  await out.text(
    out.colours.dim(`${grouped(seq)} of ${grouped(last)}   n next  p previous  Home End  q quit `),
  )
}

/** The moves that keys ask for, as they are pressed. */
async function* movesOf(input: NodeJS.ReadStream): AsyncGenerator<Move> {
  const waiting: Move[] = []
  let wake: () => void = () => undefined
  const press = (_: string | undefined, key: Key): void => {
    const isStop = key.ctrl === true && (key.name === 'c' || key.name === 'd')
    const move = isStop ? 'quit' : key.sequence === 'G' ? 'last' : MOVES[key.name ?? '']
    if (move !== undefined) waiting.push(move)
    wake()
  }
  const end = (): void => {
    waiting.push('quit')
    wake()
  }
  input.on('keypress', press).on('end', end)
  try {
    for (;;) {
      const move = waiting.shift()
      if (move !== undefined) yield move
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    input.off('keypress', press).off('end', end)
  }
}
