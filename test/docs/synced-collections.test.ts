/** The examples of docs/synced-collections.md, as an app runs them: first with their server, then without it. */

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../runtime/fixture.js'
import { ElectricServer } from '../support/electric-server.js'
import { HttpServer } from '../support/http-server.js'
import { RestServer } from '../support/rest-server.js'
import { appFolder, codeBlocks, runCodeBeside } from './run-code.js'

const page = readFileSync(new URL('../../docs/synced-collections.md', import.meta.url), 'utf8')
const [query, electric, custom, ...others] = codeBlocks(page) as [string, string, string]

let app: ReturnType<typeof appFolder>
beforeEach(() => {
  app = appFolder(['query-core', 'query-db-collection', 'electric-db-collection'])
})
afterEach(() => app.remove())

test('every example is run here', () => {
  expect(others).toEqual([])
})

test('the Query example prints its rows, and prints them again without the server', async () => {
  const server = await RestServer.start([{ id: 1, title: 'Buy milk' }])
  const code = query.replaceAll('https://api.example.com/todos', server.url)
  expect(await runCodeBeside(app.folder, code)).toBe("[ 'Buy milk' ]\n")
  const inserting = code.replace(
    'await todos.cleanup()',
    "await todos.insert({ id: 2, title: 'Keep the book' }).isPersisted.promise\nwhile (!todos.has(2)) await new Promise((done) => setTimeout(done, 5))\n$&",
  )
  await runCodeBeside(app.folder, inserting)
  await server.stop()
  expect(await runCodeBeside(app.folder, code)).toBe("[ 'Buy milk', 'Keep the book' ]\n")
})

test('the Electric example prints its rows, goes on from its offset, and prints them without the server', async () => {
  const server = await ElectricServer.start()
  server.change('insert', { id: 'a', title: 'Buy milk' })
  // Electric's client keeps a timer for up to a minute after its end.
  const code = `${electric}\nprocess.exit()`
    .replaceAll('https://electric.example.com/v1/shape', server.url)
    .replaceAll('https://api.example.com', new URL(server.url).origin)
  expect(await runCodeBeside(app.folder, code)).toBe("[ 'Buy milk' ]\n")
  const inserting = code.replace(
    'await todos.cleanup()',
    "await todos.insert({ id: 'b', title: 'Keep the book' }).isPersisted.promise\n$&",
  )
  await runCodeBeside(app.folder, inserting)
  expect(server.requests.filter(({ offset }) => offset === '-1')).toHaveLength(1)
  await server.stop()
  expect(await runCodeBeside(app.folder, code)).toBe("[ 'Buy milk', 'Keep the book' ]\n")
})

test('the source of the page keeps its cursor with its rows', async () => {
  const asked: string[] = []
  const server = new HttpServer(async ({ url }, response) => {
    // Answers when the example has asked twice.
    if (url === '/asked') await eventually(() => asked.length === 2, 'the second question')
    else asked.push(url as string)
    const changes = url === '/prices?after=0' ? [{ symbol: 'TEA', cents: 350 }] : []
    response.end(JSON.stringify({ changes, cursor: 7 }))
  })
  await server.start()
  const code = custom.replaceAll('https://api.example.com', server.origin)
  expect(await runCodeBeside(app.folder, code)).toBe("[ 'TEA 350' ]\n")
  const waiting = code.replace('await prices.cleanup()', `await fetch('${server.origin}/asked')\n$&`)
  expect(await runCodeBeside(app.folder, waiting)).toBe("[ 'TEA 350' ]\n")
  expect(asked).toEqual(['/prices?after=0', '/prices?after=7'])
  await server.stop()
  expect(await runCodeBeside(app.folder, code)).toBe("[ 'TEA 350' ]\n")
})
