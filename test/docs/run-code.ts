/** Runs a piece of TypeScript from the documentation as a user would: a file of its own, in an empty folder, on real packages. */

import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * A folder in which `daybook` and the packages it needs are installed, and other packages of TanStack; the built library,
 * not its sources.
 */
export function appFolder(packages: readonly string[] = []): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-docs-'))
  mkdirSync(join(folder, 'node_modules/@tanstack'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/daybook'))
  for (const name of ['db', ...packages]) {
    symlinkSync(join(root, 'node_modules/@tanstack', name), join(folder, 'node_modules/@tanstack', name))
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

/** Runs code in a folder and answers with what it printed. Throws when it fails. */
export function runCode(folder: string, code: string): string {
  return execFileSync(process.execPath, [write(folder, code)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
}

/** The same, while this process goes on: its servers can answer. */
export async function runCodeBeside(folder: string, code: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [write(folder, code)], {
    cwd: folder,
    timeout: 60_000,
  })
  return stdout
}

// Symlinks kept: `daybook` and the app must find one copy of @tanstack/db.
function write(folder: string, code: string): string {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  writeFileSync(join(folder, 'snippet.mjs'), outputText)
  return 'snippet.mjs'
}

/** The fenced `ts` blocks of a page. */
export const codeBlocks = (markdown: string): string[] =>
  [...markdown.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code as string)
