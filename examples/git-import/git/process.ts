/**
 * Runs git as a child process over one repository and turns its failures into typed errors.
 *
 * Output is read as bytes in NUL-separated fields, chunk by chunk, with the pipe's own back-pressure, so that
 * neither the length of a history nor a path with quotes, newlines or foreign bytes matters to the readers.
 */
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { RepositoryError } from './errors.js'

/** What makes git look elsewhere than where it is told; set for everything that a git hook starts. */
const redirections = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_GRAFT_FILE',
  'GIT_SHALLOW_FILE',
]

function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !redirections.includes(name))
  // Errors in English, because they are recognised below; no lock files and no questions, because we only read.
  return {
    ...Object.fromEntries(inherited),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  }
}

/**
 * Before every command: the objects as they are stored (no replace refs), paths as they are, and no signatures
 * in the output, whatever the person's configuration says.
 */
function commandLine(path: string, args: readonly string[]): string[] {
  const settings = ['-c', 'core.quotePath=off', '-c', 'log.showSignature=false']
  return ['-C', path, '--no-replace-objects', '--no-pager', ...settings, ...args]
}

/** Runs a command with a small answer and returns its stdout without the last newline. */
export function readGit(path: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('git', commandLine(path, args), { env: environment() }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.replace(/\r?\n$/, ''))
      else reject(failure(path, args, error, stderr))
    })
  })
}

/** A git that is running, with a pipe at both ends. */
export interface GitProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Settles when the process is gone; never rejects, so that nobody has to be listening when it fails. */
  readonly exit: Promise<RepositoryError | undefined>
  /** For a reader that stops early. */
  stop(): void
}

export function startGit(path: string, args: readonly string[]): GitProcess {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn('git', commandLine(path, args), {
    env: environment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // A process that ends before it has read its input breaks the pipe; its exit code is what tells why.
  child.stdin.on('error', () => {})

  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < 10_000) complaint += text
  })
  const exit = new Promise<RepositoryError | undefined>((resolve) => {
    child.on('error', (error) => resolve(failure(path, args, error, complaint)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve(undefined)
      else resolve(failure(path, args, new Error(`git ended with ${signal ?? code}`), complaint))
    })
  })
  return { stdin: child.stdin, stdout: child.stdout, exit, stop: () => void child.kill() }
}

/** Splits bytes at every NUL: one array of whole fields for each chunk that completes any. */
export async function* nulFields(bytes: Readable): AsyncGenerator<Buffer[]> {
  let begun: Buffer[] = []
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const fields: Buffer[] = []
    let start = 0
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      const rest = chunk.subarray(start, end)
      fields.push(begun.length === 0 ? rest : Buffer.concat([...begun, rest]))
      begun = []
      start = end + 1
    }
    if (start < chunk.length) begun.push(chunk.subarray(start))
    if (fields.length > 0) yield fields
  }
}

function failure(path: string, args: readonly string[], cause: Error, stderr: string): RepositoryError {
  if ('code' in cause && cause.code === 'ENOENT') {
    const message = 'git is not installed, or not on the PATH: install it and try again.'
    return new RepositoryError('GIT_MISSING', message, { cause })
  }
  if (/not a git repository/i.test(stderr)) {
    const message = `${path} is not a git repository.`
    return new RepositoryError('NOT_A_REPOSITORY', message, { cause })
  }
  const said = stderr.trim() === '' ? cause.message : stderr.trim()
  return new RepositoryError('GIT_FAILED', `git ${args[0]} failed in ${path}: ${said}`, { cause })
}
