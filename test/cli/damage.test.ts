/**
 * The damage campaign: copies of a file, each with one fault. Whatever changes what the file says is found by `verify`,
 * and no verb falls over it. Whether a fault changes anything is told by a dump before and after, not by opinion.
 *
 * `DAYBOOK_SEED=7` flips other bits, `DAYBOOK_ROUNDS=20` twenty times as many, and runs every verb on every copy. The usual
 * seed once led a reader in a circle (test/materializer/rows-after.test.ts).
 */

import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { VERBS } from '../../src/cli/verbs.js'
import type { Finding } from '../../src/log/finding.js'
import { newFile, removeFile } from '../support/files.js'
import { exec } from '../support/open.js'
import { noteChecks, notNeeded, unknownChecks } from './damage/checks.js'
import { inProcess } from './damage/command.js'
import { dump } from './damage/dump.js'
import {
  type Fault,
  flips,
  forgeries,
  logFaults,
  misfiled,
  randomOf,
  rowFaults,
  tableFaults,
  triggerFaults,
  truncations,
  walFaults,
  walTruncations,
} from './damage/faults.js'
import { copyOf, makeSample, type Sample } from './damage/sample.js'

const seed = Number(process.env.DAYBOOK_SEED ?? 907_793)
const rounds = Number(process.env.DAYBOOK_ROUNDS ?? 1)
const random = randomOf(seed)
vi.setConfig({ testTimeout: 120_000 * rounds * rounds })

/** Of so many damaged copies one is read by every verb. */
const EVERY = rounds > 1 ? 1 : 25

let whole: Sample
let trimmed: Sample
let count = 0

beforeAll(async () => {
  console.log(`damage campaign: DAYBOOK_SEED=${seed} DAYBOOK_ROUNDS=${rounds}`)
  whole = await makeSample(false)
  trimmed = await makeSample(true)
})

/** What every verb is asked, besides the file. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  show: ['@head'],
  history: ['todos', '7'],
  diff: ['@floor', '@head'],
  log: ['--limit', '20', '--data'],
  redact: ['@head'],
}

/** Verbs that are about something else than a file, go on for ever, or write what only they can read. */
const OTHERS = ['completion', 'complete', 'import', 'tail', 'replay', 'salvage', 'export']

async function everyVerb(file: string): Promise<void> {
  for (const name of Object.keys(VERBS)) {
    if (OTHERS.includes(name)) continue
    const { code, stderr } = await inProcess(name, file, ...(ARGUMENTS[name] ?? []))
    expect({ name, code: [0, 1, 2, 3].includes(code) ? 'known' : code }).toEqual({ name, code: 'known' })
    expect(stderr).not.toMatch(/\n {4}at /)
  }
}

interface Outcome {
  readonly fault: string
  readonly difference: readonly string[]
}

/** Damages copies; answers with what `verify` did not find. */
async function missed(
  file: string,
  faults: readonly Fault[],
  isTold: (difference: string[]) => boolean = () => true,
): Promise<Outcome[]> {
  const before = new Set(dump(file))
  const notFound: Outcome[] = []
  let changed = 0
  for (const fault of faults) {
    const copy = copyOf(file)
    fault.apply(copy)
    const after = dump(copy)
    const left = new Set(after)
    const difference = [
      ...after.filter((line) => !before.has(line)),
      ...[...before].filter((line) => !left.has(line)),
    ]
    if (count++ % EVERY === 0) await everyVerb(copy)
    const { code, stdout, stderr } = await inProcess('verify', copy, '--json')
    if (difference.length > 0) noteChecks((JSON.parse(stdout) as { findings: Finding[] }).findings)
    expect({ fault: fault.name, stderr }).toEqual({ fault: fault.name, stderr: '' })
    expect({ fault: fault.name, isKnown: [0, 3].includes(code) }).toEqual({
      fault: fault.name,
      isKnown: true,
    })
    if (difference.length > 0) changed++
    if (difference.length > 0 && code === 0 && isTold(difference)) {
      notFound.push({
        fault: fault.name,
        difference: difference.slice(0, 3).map((line) => line.slice(0, 300)),
      })
    }
    removeFile(copy)
  }
  expect(changed).toBeGreaterThan(0)
  return notFound
}

/** Nothing else says the id of a file, as long as it looks like one. */
const isId = (line: string): boolean => line.includes('FROM "daybook_meta"') && line.includes('"id"')

/** Rows that only trimmed entries have written: `verify` says that it cannot compare them. */
const isOld = (line: string): boolean => /FROM "(rows_|daybook_state)/.test(line)

describe('verify finds', () => {
  test('no fault in the samples', async () => {
    for (const file of [whole.file, trimmed.file, whole.withWal, trimmed.withWal]) {
      const { code, stdout } = await inProcess('verify', copyOf(file), '--deep', '--json')
      expect({ code, findings: JSON.parse(stdout).findings }).toEqual({ code: 0, findings: [] })
      await everyVerb(copyOf(file))
    }
  })

  test('every flipped bit that changes what a whole log says', async () => {
    const faults = flips(whole.file, 5 * rounds, random)
    expect(await missed(whole.file, faults, (lines) => !lines.every(isId))).toEqual([])
  })

  test('every flipped bit of a trimmed log, but in rows that only trimmed entries wrote', async () => {
    const faults = flips(trimmed.file, 3 * rounds, random)
    expect(
      await missed(trimmed.file, faults, (lines) => !lines.every((line) => isId(line) || isOld(line))),
    ).toEqual([])
  })

  test('a file that ends early, at any page', async () => {
    expect(await missed(whole.file, truncations(whole.file, Math.max(1, Math.floor(8 / rounds))))).toEqual([])
  })

  test('entries altered by hand', async () => {
    expect(await missed(whole.file, logFaults(whole.file))).toEqual([])
    expect(await missed(trimmed.file, logFaults(trimmed.file))).toEqual([])
  })

  test('entries that lie under checksums that fit', async () => {
    expect(await missed(whole.file, forgeries(whole.file))).toEqual([])
  })

  test('whatever is altered in what is made from the log', async () => {
    expect(await missed(whole.file, [...tableFaults(), ...rowFaults()])).toEqual([])
  })

  test('the same behind a checkpoint, but for what only trimmed entries said', async () => {
    const told = (lines: string[]): boolean => !lines.every(isOld)
    expect(await missed(trimmed.file, tableFaults(), told)).toEqual([])
  })

  test('triggers that are gone', async () => {
    expect(await missed(whole.file, [...triggerFaults(whole.file), ...misfiled])).toEqual([])
  })

  test('a damaged -wal', async () => {
    expect(await missed(whole.withWal, walFaults(whole.withWal, 20 * rounds, random))).toEqual([])
  })

  test('a -wal that ends early leaves an earlier log, whole', async () => {
    const isEarlier = (lines: string[]): boolean => {
      const log = dump(whole.withWal).filter((line) => line.includes('"daybook_log" NOT'))
      return lines.some((line) => line.includes('"daybook_log" NOT') && !log.includes(line))
    }
    expect(await missed(whole.withWal, walTruncations(whole.withWal), isEarlier)).toEqual([])
  })

  test('files that are no daybook', async () => {
    const foreign = newFile()
    exec(foreign, 'CREATE TABLE t (a); INSERT INTO t VALUES (1)')
    const named = newFile()
    exec(named, 'CREATE TABLE daybook_meta (x); CREATE TABLE daybook_log (y)')
    const files = ['', 'Dear diary,\n', '\0'.repeat(8192)].map((content) => {
      const file = newFile()
      writeFileSync(file, content)
      return file
    })
    for (const file of [foreign, named, ...files]) {
      const { code, stdout, stderr } = await inProcess('verify', file, '--json')
      expect({ file, code, stderr }).toEqual({ file, code: 3, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject({ clean: false, findings: [{}] })
      await everyVerb(file)
    }
  })
})

describe('taking out a check', () => {
  test('is noticed by the campaign, whichever it is', () => {
    expect(unknownChecks()).toEqual([])
    expect(notNeeded()).toEqual([])
  })
})
