import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type Commit,
  openRepository,
  pathFromBytes,
  pathToBytes,
  type Repository,
  RepositoryError,
} from '../../examples/git-import/git.js'
import { makeSampleRepository } from '../../examples/git-import/sample-repository.js'
import { git, temporaryFolder } from './repositories.js'

const temporary = temporaryFolder()
afterAll(() => temporary.remove())

let made = 0
function newFolder(): string {
  made += 1
  const path = join(temporary.path, `folder-${made}`)
  mkdirSync(path)
  return path
}

/** A repository with a working tree; `commit` takes whatever is there. */
function newRepository() {
  const path = newFolder()
  git(path, ['init', '--quiet'])
  git(path, ['symbolic-ref', 'HEAD', 'refs/heads/main'])
  return {
    path,
    at: (...names: string[]) => join(path, ...names),
    write: (name: string, text: string) => writeFileSync(join(path, name), text),
    commit: (message = 'commit') => {
      git(path, ['add', '--all'])
      git(path, ['commit', '--quiet', '--allow-empty', '--message', message])
      return git(path, ['rev-parse', 'HEAD'])
    },
  }
}

async function all(history: AsyncIterable<Commit>): Promise<Commit[]> {
  const commits: Commit[] = []
  for await (const commit of history) commits.push(commit)
  return commits
}

/** Folds the history and compares with `git ls-tree` at every commit. */
async function expectFoldEqualsTrees(repository: Repository): Promise<Commit[]> {
  const commits: Commit[] = []
  const files = new Map<string, string>()
  for await (const commit of repository.history()) {
    commits.push(commit)
    for (const change of commit.changes) {
      if (change.status === 'put') files.set(change.path, `${change.mode} ${change.blob}`)
      else expect(files.delete(change.path), `${change.path} was there to be deleted`).toBe(true)
    }
    const tree = await repository.tree(commit.hash)
    const expected = new Map([...tree].map(([path, entry]) => [path, `${entry.mode} ${entry.blob}`]))
    expect(files, `the tree of commit ${commits.length}, ${commit.hash}`).toEqual(expected)
  }
  expect(commits.length).toBe(await repository.countCommits())
  return commits
}

async function codeOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RepositoryError)
  return error instanceof RepositoryError ? error.code : ''
}

describe('the history of a repository', () => {
  it('folds to the tree of every commit of a repository with everything in it', async () => {
    const path = newFolder()
    await makeSampleRepository(path, { commits: 250, seed: 7 })
    const commits = await expectFoldEqualsTrees(await openRepository(path))
    expect(commits.length).toBe(250)

    const modes = new Set(
      commits.flatMap(({ changes }) => changes.map((c) => (c.status === 'put' ? c.mode : c.status))),
    )
    expect(modes).toEqual(new Set(['100644', '100755', '120000', '160000', 'delete']))
    expect(commits.some(({ changes }) => changes.length === 0)).toBe(true)
    expect(commits.some(({ changes }) => changes.some((change) => change.path.startsWith('//')))).toBe(true)
    expect(commits.some(({ changes }) => changes.some((change) => change.path.includes('\n')))).toBe(true)
    expect(git(path, ['rev-list', '--first-parent', '--merges', '--count', 'HEAD'])).not.toBe('0')
  })

  it('is the same when it is made and read twice', async () => {
    const heads = await Promise.all(
      [newFolder(), newFolder()].map(async (path) => {
        await makeSampleRepository(path, { commits: 40, seed: 3 })
        return (await openRepository(path)).head
      }),
    )
    expect(heads[0]).toBe(heads[1])
  })

  it('goes on after any commit', async () => {
    const path = newFolder()
    await makeSampleRepository(path, { commits: 30, seed: 1 })
    const repository = await openRepository(path)
    const commits = await all(repository.history())
    for (const [index, commit] of commits.entries()) {
      expect(await all(repository.history(commit.hash))).toEqual(commits.slice(index + 1))
    }
  })

  it('refuses to go on after a commit that is not on it', async () => {
    const { path, write, commit } = newRepository()
    write('a', '1')
    const root = commit()
    write('a', '2')
    commit()
    git(path, ['checkout', '--quiet', '-b', 'other', root])
    write('a', '3')
    const elsewhere = commit()
    git(path, ['checkout', '--quiet', 'main'])
    const repository = await openRepository(path)
    expect(await codeOf(all(repository.history(elsewhere)))).toBe('OTHER_HISTORY')
    expect(await codeOf(all(repository.history('0123456789'.repeat(4))))).toBe('GIT_FAILED')
  })

  it('tells who, when and what of a commit', async () => {
    const { path, write, commit } = newRepository()
    write('a', '1')
    const first = commit('The “first”: subject\n\nA body.')
    write('a', '2')
    const second = commit('second')
    const commits = await all((await openRepository(path)).history())
    expect(commits).toMatchObject([
      {
        hash: first,
        parent: undefined,
        author: 'Ada',
        email: 'ada@example.org',
        authoredAt: '2020-01-02T03:04:05+01:00',
        subject: 'The “first”: subject',
      },
      { hash: second, parent: first, subject: 'second' },
    ])
  })

  it('reads modes, types, renames, submodules and paths from a working tree', async () => {
    const { path, at, write, commit } = newRepository()
    const inner = newRepository()
    inner.write('inside', '1')
    const innerHead = inner.commit()

    write('run', '#!/bin/sh')
    write('thing', 'a file')
    write('tab\t"quote"\nnewline ü', 'odd')
    commit()
    chmodSync(at('run'), 0o755)
    commit()
    rmSync(at('thing'))
    symlinkSync('run', at('thing'))
    commit()
    rmSync(at('thing'))
    mkdirSync(at('thing'))
    write('thing/inside', 'a folder now')
    commit()
    rmSync(at('thing'), { recursive: true })
    git(path, ['add', '--all'])
    git(path, ['update-index', '--add', '--cacheinfo', `160000,${innerHead},thing`])
    git(path, ['commit', '--quiet', '--message', 'a submodule now'])
    git(path, ['rm', '--quiet', '--cached', 'thing'])
    renameSync(at('run'), at('moved'))
    commit()

    const repository = await openRepository(path)
    const commits = await expectFoldEqualsTrees(repository)
    const changes = commits.map((each) =>
      each.changes.map((c) => [c.path, c.status === 'put' ? c.mode : c.status]),
    )
    expect(changes).toEqual([
      [
        ['run', '100644'],
        ['tab\t"quote"\nnewline ü', '100644'],
        ['thing', '100644'],
      ],
      [['run', '100755']],
      [['thing', '120000']],
      [
        ['thing', 'delete'],
        ['thing/inside', '100644'],
      ],
      [
        ['thing', '160000'],
        ['thing/inside', 'delete'],
      ],
      [
        ['moved', '100755'],
        ['run', 'delete'],
        ['thing', 'delete'],
      ],
    ])
  })

  it('takes a merge as the change against its first parent', async () => {
    const { path, write, commit } = newRepository()
    write('a', '1')
    const root = commit()
    git(path, ['checkout', '--quiet', '-b', 'side'])
    write('b', 'from the side')
    commit()
    write('c', 'from the side')
    commit()
    git(path, ['checkout', '--quiet', 'main'])
    write('a', '2')
    const before = commit()
    git(path, ['merge', '--quiet', '--no-ff', '--message', 'merge', 'side'])
    const commits = await expectFoldEqualsTrees(await openRepository(path))
    expect(commits.map((each) => each.parent)).toEqual([undefined, root, before])
    expect(commits[2]?.changes.map((change) => change.path)).toEqual(['b', 'c'])
  })

  it('is not led astray by configuration, replaced objects, attributes and the environment', async () => {
    const { path, write, commit } = newRepository()
    write('.gitattributes', '*.x diff=shout\n')
    write('one.x', 'text '.repeat(100))
    const first = commit()
    renameSync(join(path, 'one.x'), join(path, 'two.x'))
    const second = commit()
    const settings = {
      'diff.renames': 'copies',
      'diff.noprefix': 'true',
      'diff.relative': 'true',
      'diff.external': '/bin/false',
      'diff.shout.textconv': '/bin/false',
      'diff.ignoreSubmodules': 'all',
      'log.showSignature': 'true',
      'log.showRoot': 'false',
      'log.date': 'relative',
      'log.mailmap': 'true',
      'core.abbrev': '7',
      'core.quotePath': 'true',
      'i18n.logOutputEncoding': 'UTF-16',
      'color.ui': 'always',
    }
    for (const [name, value] of Object.entries(settings)) git(path, ['config', name, value])
    git(path, ['replace', second, first])
    process.env.GIT_DIR = '/nowhere'
    try {
      const commits = await expectFoldEqualsTrees(await openRepository(path))
      expect(commits.map((each) => each.hash)).toEqual([first, second])
      expect(commits[1]?.changes.map((change) => change.status)).toEqual(['delete', 'put'])
    } finally {
      delete process.env.GIT_DIR
    }
  })

  it('begins a shallow clone with the whole tree of its oldest commit', async () => {
    const origin = newFolder()
    await makeSampleRepository(origin, { commits: 60, seed: 5 })
    const path = newFolder()
    git(path, ['clone', '--quiet', '--bare', '--depth', '20', `file://${origin}`, '.'])
    const repository = await openRepository(path)
    expect(repository.shallow).toBe(true)
    const commits = await expectFoldEqualsTrees(repository)
    expect(commits.length).toBe(20)
    expect(commits[0]?.parent).toBeUndefined()
  })

  it('reports a repository that is damaged in the middle instead of ending early', async () => {
    const { path, write, commit } = newRepository()
    for (const text of ['1', '2', '3']) {
      write('a', text)
      commit()
    }
    const tree = git(path, ['rev-parse', 'HEAD~1^{tree}'])
    rmSync(join(path, '.git', 'objects', tree.slice(0, 2), tree.slice(2)), { force: true })
    expect(await codeOf(all((await openRepository(path)).history()))).toBe('GIT_FAILED')
  })

  it('can be left before its end', async () => {
    const path = newFolder()
    await makeSampleRepository(path, { commits: 300, seed: 2 })
    for await (const commit of (await openRepository(path)).history()) {
      expect(commit.parent).toBeUndefined()
      break
    }
  })
})

describe('opening a repository', () => {
  it('takes a bare repository, a worktree and a subfolder', async () => {
    const { path, at, write, commit } = newRepository()
    mkdirSync(at('sub'))
    write('sub/file', '1')
    write('top', '1')
    const head = commit()
    const bare = newFolder()
    git(bare, ['clone', '--quiet', '--bare', path, 'copy.git'])
    const worktree = join(newFolder(), 'tree')
    git(path, ['worktree', 'add', '--quiet', '--detach', worktree])

    for (const place of [path, at('sub'), at('.git'), join(bare, 'copy.git'), worktree]) {
      const repository = await openRepository(place)
      expect(repository.head, place).toBe(head)
      const [only] = await expectFoldEqualsTrees(repository)
      expect(only?.changes.map((change) => change.path)).toEqual(['sub/file', 'top'])
    }
    expect((await openRepository(join(bare, 'copy.git'))).name).toBe('copy')
    expect((await openRepository(at('sub'))).name).toBe((await openRepository(at('.git'))).name)
  })

  it('stays at the commit it was given while the history grows', async () => {
    const { path, write, commit } = newRepository()
    write('a', '1')
    const head = commit()
    write('a', '2')
    commit()
    const repository = await openRepository(path, head)
    expect((await all(repository.history())).map((each) => each.hash)).toEqual([head])
    expect(await repository.countCommits()).toBe(1)
  })

  it('finds nothing in a repository without commits', async () => {
    const repository = await openRepository(newRepository().path)
    expect(repository.head).toBeUndefined()
    expect(await repository.countCommits()).toBe(0)
    expect(await all(repository.history())).toEqual([])
  })

  it('says what is wrong with a path', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'file'), '')
    expect(await codeOf(openRepository(folder))).toBe('NOT_A_REPOSITORY')
    expect(await codeOf(openRepository(join(folder, 'missing')))).toBe('NO_SUCH_FOLDER')
    expect(await codeOf(openRepository(join(folder, 'file')))).toBe('NO_SUCH_FOLDER')
  })

  it('says that a broken HEAD is broken, not that there are no commits', async () => {
    const { path, write, commit } = newRepository()
    write('a', '1')
    commit()
    writeFileSync(join(path, '.git', 'refs', 'heads', 'main'), `${'12345678'.repeat(5)}\n`)
    expect(await codeOf(openRepository(path))).toBe('GIT_FAILED')
  })

  it('says that git is not installed', async () => {
    const { path } = newRepository()
    const search = process.env.PATH
    process.env.PATH = newFolder()
    try {
      expect(await codeOf(openRepository(path))).toBe('GIT_MISSING')
    } finally {
      process.env.PATH = search
    }
  })
})

describe('a path', () => {
  it('stays as it is when it is UTF-8, and is never mixed up with another when it is not', () => {
    const paths = ['a', 'ü', 'a%20b', '%2F', '🙂', '\ufeff', 'a//b', '__proto__', ' ', '\n', '\0']
    for (const path of paths) expect(pathFromBytes(Buffer.from(path))).toBe(path)

    const foreign = ['caf\xe9', '\xff', '\xed\xa0\x80', '%E9\xe9', '//caf%E9', '//', 'a/\xe9/b'].map((path) =>
      Buffer.from(path, 'latin1'),
    )
    const written = foreign.map(pathFromBytes)
    expect(written[0]).toBe('//caf%E9')
    expect(new Set([...paths, ...written]).size).toBe(paths.length + foreign.length)
    expect(written.map(pathToBytes)).toEqual(foreign)
    for (const path of paths) expect(pathFromBytes(pathToBytes(path))).toBe(path)
  })
})
