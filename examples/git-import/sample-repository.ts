/**
 * Makes a real git repository for a demo that has none at hand: a few thousand commits with everything that history
 * can hold (merges, octopus merges, a second root, renames, deletions, symlinks, submodules, changes of mode and type,
 * empty commits, paths in any bytes). The same options give the same commits, to the hash.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Random, seededRandom } from '../random.js'
import { readGit, startGit } from './git/process.js'
import { Branch, bytesOf, data } from './sample/branch.js'

export interface SampleOptions {
  /** How many commits there are along the first parents. */
  commits: number
  seed: number
}

/** Fills an existing, empty folder with a bare repository. */
export async function makeSampleRepository(folder: string, options: SampleOptions): Promise<void> {
  await readGit(folder, ['init', '--quiet', '--bare'])
  await readGit(folder, ['symbolic-ref', 'HEAD', 'refs/heads/main'])
  const write = startGit(folder, ['fast-import', '--quiet'])
  write.stdout.resume()
  // When git gives up, its exit says why; the broken pipe does not.
  await pipeline(Readable.from(script(options)), write.stdin).catch(() => {})
  const error = await write.exit
  if (error !== undefined) throw error
}

function* script({ commits, seed }: SampleOptions): Generator<Buffer> {
  const random = seededRandom(seed)
  const main = new Branch(random)
  let mark = 0
  const commit = (branch: string, from: number, merged: number[], message: string, changes: string) => {
    mark += 1
    const parents = [from === 0 ? '' : `from :${from}\n`, ...merged.map((other) => `merge :${other}\n`)]
    const text =
      `commit refs/heads/${branch}\nmark :${mark}\n${author(random, mark)}${data(bytesOf(message))}` +
      `${parents.join('')}${changes}\n`
    return Buffer.from(text, 'latin1')
  }

  let tip = 0
  for (let number = 1; number <= commits; number += 1) {
    const sides: number[] = []
    let changes = ''
    // Now and then some topics are merged; one in a while began from nothing, as an imported project does.
    const topics = tip > 0 && random.below(15) === 0 ? 1 + random.below(3) : 0
    for (let topic = 1; topic <= topics; topic += 1) {
      const topicTip = random.below(10) === 0 ? 0 : tip
      const added = main.put(`topic/${number}-${topic}`)
      changes += added
      yield commit(`topic-${number}-${topic}`, topicTip, [], `Topic ${topic} of ${number}`, added)
      sides.push(mark)
    }
    const count = random.below(20) === 0 ? 0 : 1 + random.below(4)
    for (let change = 0; change < count; change += 1) changes += main.change()
    yield commit('main', tip, sides, random.pick(messages)(number), changes)
    tip = mark
  }
}

const messages = [
  (number: number) => `Change ${number}`,
  (number: number) => `Änderung ${number}: “quotes” & 🙂\n\nA body\nof some lines.`,
  (number: number) => `Subject over\ntwo lines ${number}`,
  () => '',
]

function author(random: Random, mark: number): string {
  const person = random.pick(['Ada Lovelace <ada@example.org>', 'Søren Ümläut <s@example.org>', '<nobody@>'])
  const zone = random.pick(['+0000', '+0200', '-0930'])
  return `committer ${bytesOf(person)} ${1_500_000_000 + mark * 600} ${zone}\n`
}
