/**
 * daybook under OpenTelemetry: some work, and what is exported of it.
 *
 *     npm run -s build && npm run -s build:tools && node build/examples/opentelemetry/main.js
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { metrics, trace as spans } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { openDaybook } from 'daybook/node'

// An app has exporters that send to its collector here.
const exportedMetrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: exportedMetrics })
const exportedSpans = new InMemorySpanExporter()
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
spans.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exportedSpans)] }),
)

// Behind the providers: instruments that are made before there is one measure nothing.
const { trace } = await import('./telemetry.js')

const folder = mkdtempSync(join(tmpdir(), 'daybook-opentelemetry-'))
const daybook = openDaybook({ filename: join(folder, 'app.db'), trace })
for (let id = 1; id <= 3; id++) {
  await Promise.all([
    daybook.write([{ op: 'put', collection: 'todos', key: id, value: { id } }]),
    daybook.write([{ op: 'put', collection: 'people', key: id, value: { id } }]),
  ])
}
await daybook.compact()
const { counters } = await daybook.stats()
await daybook.close()
rmSync(folder, { recursive: true })

await reader.forceFlush()
const exported = exportedMetrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
const points = exported.flatMap(({ metrics }) =>
  metrics.flatMap(({ descriptor, dataPoints }) =>
    dataPoints.map(({ attributes, value }) => ({
      name: descriptor.name,
      ...attributes,
      value: typeof value === 'number' ? value : value.count,
    })),
  ),
)
const told = exportedSpans.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes }))
process.stdout.write(`${JSON.stringify({ metrics: points, spans: told, counters }, undefined, 2)}\n`)
