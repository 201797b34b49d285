import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSampleRepository } from '../../examples/git-import/sample-repository.js'
import { git, temporaryFolder } from './repositories.js'

/** `npm test` builds it first. */
const program = fileURLToPath(new URL('../../build/examples/git-import/main.js', import.meta.url))

const temporary = temporaryFolder()
beforeAll(() => expect(existsSync(program), 'run `npm run build && npm run build:tools` first').toBe(true))
afterAll(() => temporary.remove())

function newFolder(name: string): string {
  const path = join(temporary.path, name)
  mkdirSync(path)
  return path
}

/** Runs the demo as a person would, in the temporary folder, where it leaves its `.demo`. */
function demo(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: temporary.path,
    encoding: 'utf8',
    timeout: 100_000,
  })
  return { status, stdout, stderr }
}

describe('the demo', () => {
  it('imports a repository through kills and proves it against git', async () => {
    const path = newFolder('nasty')
    await makeSampleRepository(path, { commits: 400, seed: 11 })
    const { status, stdout, stderr } = demo(path, '--kills', '3', '--seed', '1')
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
    expect(stdout.match(/SIGKILL/g)).toHaveLength(3)
    expect(stdout.match(/ equal$/gm)).toHaveLength(5)
    expect(stdout).toMatch(/^ +commits +400$/m)
    expect(stdout).toMatch(/^ +entries +400$/m)
    expect(stdout).toMatch(/^ +kills survived +3$/m)
    expect(existsSync(join(temporary.path, '.demo', 'nasty.db'))).toBe(true)
  })

  it('starts over when it is run again', async () => {
    const path = newFolder('again')
    await makeSampleRepository(path, { commits: 12, seed: 4 })
    for (const kills of ['0', '1'])
      expect(demo(path, '--kills', kills)).toMatchObject({ status: 0, stderr: '' })
  })

  it('has nothing to do in a repository without commits, and says so', () => {
    const path = newFolder('empty')
    git(path, ['init', '--quiet'])
    const { status, stdout, stderr } = demo(path, '--kills', '1')
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('0 along the first parents')
  })

  it('says in one line what is wrong with a path, and leaves nothing behind', () => {
    const path = newFolder('plain')
    expect(demo(path)).toEqual({ status: 1, stdout: '', stderr: `${path} is not a git repository.\n` })
    const missing = join(path, 'missing')
    expect(demo(missing)).toEqual({
      status: 1,
      stdout: '',
      stderr: `${missing} does not exist or cannot be read.\n`,
    })
    expect(existsSync(join(temporary.path, '.demo', 'plain.db'))).toBe(false)
  })

  it('explains itself', () => {
    expect(demo('--help')).toMatchObject({ status: 0, stderr: '' })
    const wrong = demo('--kills', 'many')
    expect(wrong.status).toBe(1)
    expect(wrong.stderr).toContain('--kills takes a whole number')
    expect(demo('--unknown')).toMatchObject({ status: 1, stdout: '' })
  })
})
