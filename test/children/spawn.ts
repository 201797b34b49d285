/**
 * Runs a child script of this folder in a process of its own, as an app would: the built package, by its name.
 *
 * A child prints one JSON value a line. What it has printed is in the pipe when it is killed, so an acknowledgement
 * that was written is never lost.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the children are: beside this file when it is built itself. */
const BUILT = import.meta.url.includes('/build/test/')
  ? new URL('./', import.meta.url)
  : new URL('../../build/test/children/', import.meta.url)

/** How long a child may take, in ms; generous, so that only a hang meets it. */
const TIME_LIMIT = 60_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** A running child. */
export interface Child<Line> {
  /** Everything it has printed so far. */
  readonly lines: readonly Line[]
  /** Resolves when it has ended and everything it printed was read. */
  readonly ended: Promise<Ended>
  /** Resolves with the first line that fits; rejects when the child ends before it. */
  line(fits: (line: Line) => boolean): Promise<Line>
  /** Sends a line to its stdin. */
  send(value: unknown): void
  /** SIGKILL: no handler of the child runs. */
  kill(): void
  /** SIGSTOP and SIGCONT: the process stands still, with everything it has, and goes on. */
  stop(): void
  goOn(): void
}

/** Starts `test/children/NAME.ts` with arguments. */
export function spawnChild<Line>(name: string, ...args: readonly string[]): Child<Line> {
  const script = fileURLToPath(new URL(`${name}.js`, BUILT))
  if (!existsSync(script)) {
    throw new Error(`${script} is missing: run \`npm run build && npm run build:tools\` first`)
  }
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  // A child that was killed reads no more.
  child.stdin.on('error', () => undefined)
  const timer = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT)
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of [...waiting]) look()
  }
  readLines(child, (text) => {
    lines.push(JSON.parse(text) as Line)
    wake()
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  let result: Ended | undefined
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      result = { code, signal, stderr }
      resolve(result)
      wake()
    })
  })
  return {
    lines,
    ended,
    line: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(fits)
          if (found === undefined && result === undefined) return
          waiting.delete(look)
          if (found !== undefined) resolve(found)
          else
            reject(
              new Error(`${name} ended (${result?.code ?? result?.signal}) without it. ${result?.stderr}`),
            )
        }
        waiting.add(look)
        look()
      }),
    send: (value) => {
      child.stdin.write(`${JSON.stringify(value)}\n`)
    },
    kill: () => {
      child.kill('SIGKILL')
    },
    stop: () => {
      child.kill('SIGSTOP')
    },
    goOn: () => {
      child.kill('SIGCONT')
    },
  }
}

function readLines(child: ChildProcess, onLine: (text: string) => void): void {
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    // A line that was cut off by a kill says nothing.
    rest = parts.pop() ?? ''
    for (const part of parts) onLine(part)
  })
}
