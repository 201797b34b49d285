/**
 * A synced collection in several processes: one of them talks to the upstream, the others follow the log. When it is
 * killed, another goes on from the token in the log.
 */

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { type Child, spawnChild } from '../children/spawn.js'
import { newFile, rowsOf, withDaybook } from './files.js'

interface Line {
  readonly source?: string
  readonly token?: number
  readonly has?: string
  readonly newest?: number
  readonly ready?: string
  readonly closed?: string
  readonly failed?: string
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A feed of changes by long poll: each change has a number, a token is the number of the last one that was given. */
class Feed {
  readonly requests: { readonly name: string; readonly token: number }[] = []
  readonly #waiting = new Map<ServerResponse, number>()
  #changes: { id: number; version: number }[] = []
  url = ''

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const [, name, token] = request.url!.split('/')
      this.requests.push({ name: name!, token: Number(token) })
      this.#waiting.set(response, Number(token))
      response.on('close', () => this.#waiting.delete(response))
      this.#answer()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => {
      server.closeAllConnections()
      server.close()
    })
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return this
  }

  /** How many clients wait for changes. */
  get connections(): number {
    return this.#waiting.size
  }

  change(id: number): number {
    const version = this.#changes.length + 1
    this.#changes.push({ id, version })
    this.#answer()
    return version
  }

  #answer(): void {
    const { length } = this.#changes
    for (const [response, token] of this.#waiting) {
      if (token >= length && token > 0) continue
      this.#waiting.delete(response)
      const newest = new Map(this.#changes.slice(token).map((row) => [row.id, row]))
      response.end(JSON.stringify({ token: length, rows: [...newest.values()] }))
    }
  }
}

it('has one upstream connection, through kills of its owner, and loses and doubles nothing', async () => {
  const feed = await new Feed().start()
  const file = newFile()
  for (let id = 0; id < 50; id++) feed.change(id)
  const children = new Map<string, Child<Line>>()
  let count = 0
  const start = async (): Promise<void> => {
    const name = `p${++count}`
    const child = spawnChild<Line>('follow-feed', file, name, feed.url)
    ends.push(() => child.kill())
    children.set(name, child)
    await child.line((line) => line.ready === name)
  }
  const everybodyHas = (version: number): Promise<unknown> =>
    Promise.all(
      [...children].map(([name, child]) =>
        child.line((line) => line.has === name && line.newest === version),
      ),
    )
  for (let n = 0; n < 3; n++) await start()

  let version = feed.change(7)
  await everybodyHas(version)
  const owners: string[] = []
  for (let round = 0; round < 4; round++) {
    const owner = feed.requests.at(-1)!.name
    owners.push(owner)
    expect(feed.connections).toBe(1)
    children.get(owner)!.kill()
    await children.get(owner)!.ended
    children.delete(owner)
    const asked = feed.requests.length
    version = feed.change(round)
    await everybodyHas(version)
    // The next owner did not begin anew: it asked from the token in the log.
    const first = feed.requests.slice(asked).find(({ name }) => name !== owner)
    expect(first!.token).toBe(version - 1)
    await start()
  }
  expect(new Set(owners).size).toBe(owners.length)
  for (const child of children.values()) child.send('close')
  for (const [name, child] of children) {
    await child.line((line) => line.closed === name)
    expect((await child.ended).code).toBe(0)
    expect(child.lines.filter(({ failed }) => failed !== undefined)).toEqual([])
  }
  await withDaybook(file, async (daybook) => {
    const rows = await rowsOf<{ id: number; version: number }>(daybook, 'rows')
    expect(rows.size).toBe(50)
    expect([0, 1, 2, 3].map((id) => rows.get(id)!.version)).toEqual([
      version - 3,
      version - 2,
      version - 1,
      version,
    ])
    expect((await daybook.verify()).findings).toEqual([])
  })
}, 120_000)
