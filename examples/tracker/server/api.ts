/**
 * The server's side of the wire, as middleware: `GET /api/feed?log&term&seq` streams what the log says after a place (server-sent
 * events), `POST /api/changes` does what a user did.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Change, Cursor } from '../src/issue.js'
import type { IssueStore } from './issue-store.js'

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

export const api =
  (store: IssueStore): Middleware =>
  (request, response, next) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const answer =
      url.pathname === '/api/feed' && request.method === 'GET'
        ? feed(store, cursorOf(url.searchParams), request, response)
        : url.pathname === '/api/changes' && request.method === 'POST'
          ? change(store, request, response)
          : undefined
    if (answer === undefined) return next()
    answer.catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  }

async function feed(
  store: IssueStore,
  after: Cursor | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  request.on('close', () => gone.abort())
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.flushHeaders()
  for await (const message of store.feed(after, gone.signal)) {
    response.write(`data: ${JSON.stringify(message)}\n\n`)
  }
  response.end()
}

async function change(store: IssueStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const cursor = await store.apply((await json(request)) as Change)
  response.writeHead(cursor === undefined ? 410 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(cursor ?? null))
}

function cursorOf(query: URLSearchParams): Cursor | undefined {
  const log = query.get('log')
  if (log === null) return undefined
  return { log, term: Number(query.get('term')), seq: Number(query.get('seq')) }
}
