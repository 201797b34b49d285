import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DecodedEntry } from 'daybook'
import { openDaybook } from 'daybook/node'
import { afterAll, describe, expect, it } from 'vitest'
import { importCommit, openCollections } from '../../examples/git-import/collections.js'
import { openRepository } from '../../examples/git-import/git.js'
import { prove } from '../../examples/git-import/proof.js'
import { makeSampleRepository } from '../../examples/git-import/sample-repository.js'
import { seededRandom } from '../../examples/random.js'
import { git, temporaryFolder } from './repositories.js'

const temporary = temporaryFolder()
afterAll(() => temporary.remove())

const COMMITS = 40

/** A repository, and a daybook with its commits, but for those that `without` leaves out. */
async function imported(name: string, without: (number: number) => boolean = () => false) {
  const path = join(temporary.path, name)
  mkdirSync(path)
  await makeSampleRepository(path, { commits: COMMITS, seed: 6 })
  const repository = await openRepository(path)
  const daybook = openDaybook({ filename: join(temporary.path, `${name}.db`), retain: 'all' })
  const collections = await openCollections(daybook)
  let number = 0
  for await (const commit of repository.history()) {
    number += 1
    if (!without(number)) await importCommit(daybook, collections, number, commit)
  }
  return { path, repository, daybook, files: [...collections.files.values()] }
}

type Import = Awaited<ReturnType<typeof imported>>

async function differences({
  daybook,
  repository,
}: Pick<Import, 'daybook' | 'repository'>): Promise<string[]> {
  return (await prove(daybook, repository, await repository.countCommits(), seededRandom(1))).differences
}

describe('the proof', () => {
  it('finds nothing where the import is right', async () => {
    const { daybook, repository } = await imported('right')
    const proof = await prove(daybook, repository, COMMITS, seededRandom(1))
    expect(proof).toMatchObject({ differences: [], entries: COMMITS, commits: COMMITS })
    expect(proof.compared.map(({ equal }) => equal)).toEqual([true, true, true, true, true])
    await daybook.close()
  })

  it('finds a file with another content, and says which first', async () => {
    const all = await imported('content')
    const [file] = all.files
    const fields = { blob: '0'.repeat(40) }
    await all.daybook.write([{ op: 'patch', collection: 'files', key: file!.path, fields }])
    expect((await differences(all))[0]).toContain(JSON.stringify(file!.path))
    await all.daybook.close()
  })

  it('finds a file too many and a file too few', async () => {
    const all = await imported('files')
    const [file] = all.files
    await all.daybook.write([
      { op: 'delete', collection: 'files', key: file!.path },
      { op: 'put', collection: 'files', key: 'no such file', value: { ...file!, path: 'no such file' } },
    ])
    const found = await differences(all)
    expect(found).toContainEqual(expect.stringContaining(`lacks ${JSON.stringify(file!.path)}`))
    expect(found).toContainEqual(expect.stringContaining('has "no such file"'))
    await all.daybook.close()
  })

  it('finds a commit that is missing and one that is there twice', async () => {
    const missing = await imported('missing', (number) => number === COMMITS)
    expect(await differences(missing)).toContainEqual(expect.stringContaining('rows, git 40 commits'))
    await missing.daybook.close()

    const twice = await imported('twice')
    let last: DecodedEntry | undefined
    for await (const entry of twice.daybook.entries()) last = entry
    await twice.daybook.write(last!.ops)
    expect(await differences(twice)).toContainEqual(expect.stringContaining('in git it is none'))
    await twice.daybook.close()
  })

  it('finds that it is another history', async () => {
    const all = await imported('other')
    const repository = await openRepository(all.path, git(all.path, ['rev-parse', 'HEAD~1']))
    expect(await differences({ daybook: all.daybook, repository })).not.toEqual([])
    await all.daybook.close()
  })
})
