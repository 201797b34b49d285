/** Runs the command as a person does: the built one, in a process of its own. */

import { spawn } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The built command; npm makes it executable when it installs the package. */
export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
chmodSync(main, 0o755)

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** `daybook …args`, without a terminal. */
export function daybook(args: readonly string[], { cwd, env = {}, input }: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...process.env, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(input ?? '')
  })
}

/** What `--json` prints. */
export async function json<T = Record<string, unknown>>(
  args: readonly string[],
  options?: RunOptions,
): Promise<T> {
  const { code, stdout, stderr } = await daybook([...args, '--json'], options)
  if (code !== 0) throw new Error(`daybook ${args.join(' ')} answered ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}

/** What `--jsonl` prints. */
export async function jsonLines<T = Record<string, unknown>>(
  args: readonly string[],
  options?: RunOptions,
): Promise<T[]> {
  const { stdout } = await daybook([...args, '--jsonl'], options)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
