/** One app of a program of the border machine: orders on stdin, reports on stdout. */

import { createInterface } from 'node:readline'
import type { Daybook } from 'daybook'
import { openDaybook } from 'daybook/node'
import type {
  decodeMessage as Decode,
  encodeMessage as Encode,
  Order,
  Report,
} from '../../src/testing/border/processes/messages.js'
import { packageCode } from './package-code.js'
import { say } from './say.js'

interface Process {
  take(order: Order): Promise<void>
}
const { AppProcess } = await packageCode<{
  AppProcess: new (parts: { open: (file: string) => Daybook; tell: (report: Report) => void }) => Process
}>('./testing/border/processes/app-process.js')
const { decodeMessage, encodeMessage } = await packageCode<{
  decodeMessage: typeof Decode
  encodeMessage: typeof Encode
}>('./testing/border/processes/messages.js')

// What TanStack DB says of queries without an index is of no interest here.
console.warn = () => undefined

const app = new AppProcess({
  open: (filename) => openDaybook({ filename, retain: 'all' }),
  tell: (report) => say(encodeMessage(report)),
})
for await (const line of createInterface({ input: process.stdin }))
  await app.take(decodeMessage<Order>(JSON.parse(line)))
