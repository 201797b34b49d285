/** daybook's trace as OpenTelemetry metrics and spans: the ten lines of docs/observability.md. */

import { metrics, trace as spans } from '@opentelemetry/api'
import type { TraceEvent } from 'daybook/node'

const durations = metrics.getMeter('daybook').createHistogram('daybook.duration', { unit: 'ms' })
const backlog = metrics.getMeter('daybook').createGauge('daybook.backlog', { unit: '{entry}' })
const tracer = spans.getTracer('daybook')

export function trace(event: TraceEvent): void {
  if (event.type === 'post') backlog.record(event.backlog)
  const duration = 'duration' in event ? event.duration : 0
  if (duration > 0) durations.record(duration, { type: event.type })
  const attributes = Object.fromEntries(Object.entries(event).map(([name, value]) => [name, String(value)]))
  tracer.startSpan(`daybook ${event.type}`, { startTime: Date.now() - duration, attributes }).end()
}
