import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { type Daybook, LockUnavailableError, openDaybook } from '../../src/node.js'
import type { LostReason } from '../../src/runtime/sync-owner/sync-owner-listener.js'
import { type Child, spawnChild } from '../children/spawn.js'
import { contendFor } from '../support/contend-for.js'
import { newFile, pause, rowsOf, withDaybook } from './files.js'

type Line =
  | { ready: string }
  | { owner: string; collection: string; claim: number }
  | { lost: string; collection: string; reason: LostReason }
  | { appended: string; seq: number }
  | { refused: string; code: string }
  | { closed: string }
  | { error: string; collection: string }

type Owner = Extract<Line, { owner: string }>

const children: Child<Line>[] = []
const daybooks: Daybook[] = []

afterEach(async () => {
  await Promise.all(daybooks.splice(0).map((daybook) => daybook.close()))
  for (const child of children) child.kill()
  await Promise.all(children.splice(0).map(({ ended }) => ended))
})

async function contender(file: string, name: string, ...collections: string[]): Promise<Child<Line>> {
  const child = spawnChild<Line>('contend', 'node', file, name, ...collections)
  children.push(child)
  await child.line((line) => 'ready' in line)
  return child
}

/** The first of these processes that becomes owner with a claim after this one. */
async function ownerAfter(
  claim: number,
  among: readonly Child<Line>[],
): Promise<{ child: Child<Line>; claim: number }> {
  const isNext = (line: Line): boolean => 'owner' in line && line.claim > claim
  return Promise.race(
    among.map(async (child) => ({ child, claim: ((await child.line(isNext)) as Owner).claim })),
  )
}

/** The claims of a collection in the log, oldest first. */
const claimsIn = (file: string, collection: string): Promise<number[]> =>
  withDaybook(file, async (daybook) => {
    const claims: number[] = []
    for await (const { position, kind } of daybook.entries({ collection })) {
      if (kind === 'claim') claims.push(position.seq)
    }
    return claims
  })

const ownersIn = (lines: readonly Line[]): Owner[] => lines.filter((line): line is Owner => 'owner' in line)

/** Time in which whoever waits looks several times. What must not happen in it would be seen. */
const LOOKS = 2000

describe('of several processes', () => {
  it('a stopped one does not keep the role from one that wants it', async () => {
    const file = newFile()
    const owner = await contender(file, 'a', 'issues')
    const { claim } = (await owner.line((line) => 'owner' in line)) as Owner
    const other = await contender(file, 'b', 'issues')
    owner.stop()
    other.send({ want: 'issues' })
    const next = (await other.line((line) => 'owner' in line)) as Owner
    expect(next.claim).toBeGreaterThan(claim)
    owner.goOn()
    await owner.line((line) => 'lost' in line)
    owner.send({ append: claim, collection: 'issues' })
    await owner.line((line) => 'refused' in line)
    other.send({ append: next.claim, collection: 'issues' })
    await other.line((line) => 'appended' in line)
  })

  const HAND_OVERS = 20

  it(`one is the owner; when it is killed, another one is, ${HAND_OVERS} times`, async () => {
    const file = newFile()
    let living = await Promise.all(['a', 'b', 'c', 'd'].map((name) => contender(file, name, 'issues')))
    const claims: number[] = []
    for (let round = 0; round <= HAND_OVERS; round++) {
      const { child, claim } = await ownerAfter(claims.at(-1) ?? 0, living)
      claims.push(claim)
      child.send({ append: claim, collection: 'issues' })
      await child.line((line) => 'appended' in line)
      child.kill()
      expect((await child.ended).stderr).toBe('')
      living = living.filter((other) => other !== child)
      if (round < HAND_OVERS) living.push(await contender(file, `e${round}`, 'issues'))
    }
    // The last one that was killed is followed by one more owner.
    claims.push((await ownerAfter(claims.at(-1) as number, living)).claim)
    for (const child of living) child.kill()
    await Promise.all(living.map(({ ended }) => ended))

    const told = children.flatMap(({ lines }) => lines)
    expect(told.filter((line) => 'lost' in line || 'error' in line || 'refused' in line)).toEqual([])
    expect(
      ownersIn(told)
        .map(({ claim }) => claim)
        .sort((a, b) => a - b),
    ).toEqual(claims)
    expect(await claimsIn(file, 'issues')).toEqual(claims)
  })

  it('one that closes lets the next one in, and leaves no file behind', async () => {
    const file = newFile()
    const a = await contender(file, 'a', 'issues')
    const first = await ownerAfter(0, [a])
    const b = await contender(file, 'b', 'issues')
    a.send({ close: true })
    expect(await a.ended).toEqual({ code: 0, signal: null, stderr: '' })
    expect(a.lines.slice(-2)).toEqual([
      { lost: 'a', collection: 'issues', reason: 'stopped' },
      { closed: 'a' },
    ])
    const second = await ownerAfter(first.claim, [b])
    b.send({ append: first.claim, collection: 'issues' })
    b.send({ append: second.claim, collection: 'issues' })
    await b.line((line) => 'appended' in line)
    expect(b.lines.slice(-2)).toEqual([
      { refused: 'b/1', code: 'DAYBOOK_DEPOSED' },
      { appended: 'b/2', seq: second.claim + 1 },
    ])
    b.send({ close: true })
    await b.ended
    expect(readdirSync(dirname(file))).toEqual(['daybook.db'])
  })

  it('one that is stopped by the system keeps the role, and goes on with it', async () => {
    const file = newFile()
    const a = await contender(file, 'a', 'issues')
    const { claim } = await ownerAfter(0, [a])
    const b = await contender(file, 'b', 'issues')
    a.stop()
    const c = await contender(file, 'c', 'issues')
    await pause(LOOKS)
    expect([...b.lines, ...c.lines].filter((line) => !('ready' in line))).toEqual([])
    a.goOn()
    a.send({ append: claim, collection: 'issues' })
    expect(await a.line((line) => 'appended' in line || 'refused' in line)).toMatchObject({
      appended: 'a/1',
    })
    expect(a.lines.filter((line) => 'lost' in line)).toEqual([])
  })

  it('one that was stopped while another one took over: what it appends late is refused and adds nothing', async () => {
    const file = newFile()
    const a = await contender(file, 'a', 'issues')
    const first = await ownerAfter(0, [a])
    a.send({ append: first.claim, collection: 'issues' })
    await a.line((line) => 'appended' in line)
    const b = await contender(file, 'b', 'issues')
    a.stop()
    rmSync(`${file}-locks`, { recursive: true, maxRetries: 10 })
    const second = await ownerAfter(first.claim, [b])
    b.send({ append: second.claim, collection: 'issues' })
    await b.line((line) => 'appended' in line)
    a.send({ append: first.claim, collection: 'issues' })
    a.goOn()
    expect(await a.line((line) => 'refused' in line)).toEqual({ refused: 'a/2', code: 'DAYBOOK_DEPOSED' })
    await a.line((line) => 'lost' in line)
    b.send({ append: second.claim, collection: 'issues' })
    await b.line((line) => 'appended' in line && line.appended === 'b/2')
    await withDaybook(file, async (daybook) => {
      expect([...(await rowsOf(daybook, 'issues')).keys()].sort()).toEqual(['a/1', 'b/1', 'b/2'])
    })
  })

  it('a lock file that is deleted while it is held: the newest claim counts, and the roles settle', async () => {
    const file = newFile()
    const a = await contender(file, 'a', 'issues')
    let owner = await ownerAfter(0, [a])
    const b = await contender(file, 'b', 'issues')
    for (let round = 0; round < 3; round++) {
      const other = owner.child === a ? b : a
      rmSync(`${file}-locks`, { recursive: true, maxRetries: 10 })
      const next = await ownerAfter(owner.claim, [other])
      const deposed = (line: Line): boolean => 'lost' in line && line.reason === 'superseded'
      await expect
        .poll(() => owner.child.lines.filter(deposed).length, { timeout: 30_000 })
        .toBe(ownersIn(owner.child.lines).length)
      owner.child.send({ append: owner.claim, collection: 'issues' })
      await owner.child.line((line) => 'refused' in line)
      owner = next
    }
    const other = owner.child === a ? b : a
    owner.child.kill()
    owner = await ownerAfter(owner.claim, [other])
    const claims = ownersIn([...a.lines, ...b.lines]).map(({ claim }) => claim)
    expect(claims.sort((x, y) => x - y)).toEqual(await claimsIn(file, 'issues'))
  })

  it('fifty collections have one owner each, and all find another one', async () => {
    const file = newFile()
    const collections = Array.from({ length: 50 }, (_, number) => `collection/${number}`)
    const [a, b] = await Promise.all([
      contender(file, 'a', ...collections),
      contender(file, 'b', ...collections),
    ])
    const newestClaims = async (among: Child<Line>[]): Promise<Map<string, Owner>> => {
      const owners = (): Owner[] => among.flatMap(({ lines }) => ownersIn(lines))
      await expect
        .poll(() => new Set(owners().map(({ collection }) => collection)).size, { timeout: 30_000 })
        .toBe(50)
      return new Map(owners().map((owner) => [owner.collection, owner]))
    }
    await newestClaims([a, b])
    expect(ownersIn([...a.lines, ...b.lines])).toHaveLength(50)
    const [killed, other] = ownersIn(a.lines).length > 0 ? [a, b] : [b, a]
    killed.kill()
    const owners = await newestClaims([other])
    expect(owners.size).toBe(50)
    for (const { collection, claim } of owners.values()) other.send({ append: claim, collection })
    await expect
      .poll(() => other.lines.filter((line) => 'appended' in line).length, { timeout: 30_000 })
      .toBe(50)
    expect(other.lines.filter((line) => 'refused' in line || 'lost' in line || 'error' in line)).toEqual([])
  })
})

/** A daybook of this process, and what it told of its role. */
function contend(daybook: Daybook, collection = 'issues') {
  daybooks.push(daybook)
  const told: unknown[] = []
  const events: unknown[] = []
  daybook.on('sync', (event) => events.push(event))
  const owner = contendFor(daybook, collection, {
    onOwner: (claim) => told.push({ claim: claim.seq }),
    onLost: (reason) => told.push({ reason }),
    onError: (error) => told.push({ error }),
  })
  return { daybook, owner, told, events }
}

const becomesOwner = ({ owner }: { owner: { state: string } }) =>
  expect.poll(() => owner.state, { timeout: 30_000 }).toBe('owner')

describe('in one process', () => {
  it('two handles on one file have one owner; closing it lets the other one in at once', async () => {
    const file = newFile()
    const a = contend(openDaybook({ filename: file }))
    await becomesOwner(a)
    const b = contend(openDaybook({ filename: file }))
    await b.daybook.ready
    await pause(LOOKS)
    expect(b.owner.state).toBe('waiting')
    expect(a.events).toEqual([{ collection: 'issues', owner: true }])
    await a.daybook.close()
    expect(a.owner.state).toBe('stopped')
    expect(a.events).toEqual([
      { collection: 'issues', owner: true },
      { collection: 'issues', owner: false },
    ])
    await becomesOwner(b)
    expect(a.told).toEqual([{ claim: expect.any(Number) }, { reason: 'stopped' }])
    expect(() => contendFor(a.daybook, 'issues', { onOwner: () => {}, onLost: () => {} })).toThrow('closed')
  })

  it('two collection objects of one handle have one owner', async () => {
    const daybook = openDaybook({ filename: newFile() })
    const [a, b] = [contend(daybook), contend(daybook)]
    await expect.poll(() => [a, b].filter(({ owner }) => owner.state === 'owner').length).toBe(1)
    const [first, second] = a.owner.state === 'owner' ? [a, b] : [b, a]
    await first.owner.stop()
    await becomesOwner(second)
    expect(second.owner.claim!.seq).toBeGreaterThan((first.told[0] as { claim: number }).claim)
  })

  it('a handle that the app gave takes part, on a file as in memory', async () => {
    const file = newFile()
    const database = new Database(file)
    const a = contend(openDaybook({ database }))
    await becomesOwner(a)
    const child = await contender(file, 'child', 'issues')
    expect(child.lines).toEqual([{ ready: 'child' }])
    database.exec('BEGIN EXCLUSIVE; CREATE TABLE of_the_app (x); COMMIT')
    await a.daybook.close()
    await ownerAfter(0, [child])
    expect(database.open).toBe(true)
    database.close()

    const memory = new Database(':memory:')
    const [b, c] = [contend(openDaybook({ database: memory })), contend(openDaybook({ database: memory }))]
    await expect.poll(() => [b, c].filter(({ owner }) => owner.state === 'owner').length).toBe(1)
    const [first, second] = b.owner.state === 'owner' ? [b, c] : [c, b]
    await first.daybook.close()
    await becomesOwner(second)
  })

  it('a handle that cannot write never contends', async () => {
    const file = newFile()
    await withDaybook(file, (daybook) => daybook.ready)
    const database = new Database(file, { readonly: true })
    const a = contend(openDaybook({ database }))
    await a.daybook.ready
    await pause(LOOKS)
    expect(a.owner.state).toBe('waiting')
    expect(a.told).toEqual([])
    expect(readdirSync(dirname(file))).not.toContain('daybook.db-locks')
    await a.daybook.close()
    expect(a.told).toEqual([])
    database.close()
  })

  it('a folder that cannot be written is told, and tried again until it can be', async () => {
    const file = newFile()
    const daybook = openDaybook({ filename: file })
    await daybook.ready
    const writable = makeUnwritable(dirname(file))
    const a = contend(daybook)
    try {
      await expect
        .poll(() => a.told, { timeout: 30_000 })
        .toEqual([{ error: expect.any(LockUnavailableError) }])
    } finally {
      writable()
    }
    await becomesOwner(a)
    expect(a.told).toHaveLength(2)
  })

  it('a database that cannot be opened has no owner, and tells the reason to whoever asks', async () => {
    const daybook = openDaybook({ filename: '/nowhere/at/all.db' })
    const a = contend(daybook)
    await expect(daybook.ready).rejects.toThrow()
    expect(a.owner.state).toBe('waiting')
    await daybook.close()
    expect(a.owner.state).toBe('stopped')
    expect(a.told).toEqual([])
  })

  it('an error that the listener does not take reaches the error event', async () => {
    const file = newFile()
    const daybook = openDaybook({ filename: file })
    daybooks.push(daybook)
    await daybook.ready
    const errors: unknown[] = []
    daybook.on('error', (error) => errors.push(error))
    const failure = new Error('the listener failed')
    const owner = contendFor(daybook, 'issues', {
      onOwner: () => {
        throw failure
      },
      onLost: () => undefined,
    })
    await becomesOwner({ owner })
    expect(errors).toEqual([failure])
  })
})

/** Nobody can make anything in the folder until the answer is called. Permissions do not count for root: it steps back. */
function makeUnwritable(folder: string): () => void {
  chmodSync(folder, 0o555)
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  return () => {
    if (isRoot) process.seteuid?.(0)
    chmodSync(folder, 0o755)
  }
}
