/** The OpenTelemetry example, run as a person would: what it exports is what the counters say. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** `npm test` builds it first. */
const program = fileURLToPath(new URL('../../build/examples/opentelemetry/main.js', import.meta.url))
const wiring = readFileSync(new URL('../../examples/opentelemetry/telemetry.ts', import.meta.url), 'utf8')

test('the example exports a metric and a span for what was done', () => {
  const printed = execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 60_000 })
  const { metrics, spans, counters } = JSON.parse(printed)
  const counted = (type: string) => metrics.find((point: { type?: string }) => point.type === type)?.value
  const named = (name: string) => spans.filter((span: { name: string }) => span.name === `daybook ${name}`)
  expect(counted('append')).toBe(6)
  expect(counted('batch')).toBe(counters.batches)
  expect(counted('post')).toBe(counters.postings)
  expect(counted('checkpoint')).toBe(counters.checkpoints)
  expect(metrics.at(-1)).toEqual({ name: 'daybook.backlog', value: 0 })
  expect(named('append')).toHaveLength(6)
  expect(named('append')[0].attributes).toMatchObject({
    outcome: 'committed',
    collections: 'todos',
    seq: '2',
  })
  expect(named('trim')).toHaveLength(1)
  expect(counters).toMatchObject({ appended: 7, batches: 3, largestBatch: 2, checkpoints: 1 })
})

test('the wiring is ten lines, and those of the documentation', () => {
  const lines = wiring
    .split('\n')
    .slice(2)
    .filter((line) => line !== '' && !line.startsWith('import'))
  expect(lines.length).toBeLessThanOrEqual(11)
  const page = readFileSync(new URL('../../docs/observability.md', import.meta.url), 'utf8')
  expect(page).toContain(wiring.split('\n').slice(2).join('\n').trim())
})
