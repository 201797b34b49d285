/** One app of a program of the border machine: orders on stdin, reports on stdout. Its code is found beside the package's entry. */

import { createInterface } from 'node:readline'
import type { Daybook } from 'daybook'
import { openDaybook } from 'daybook/node'
import type {
  decodeMessage as Decode,
  encodeMessage as Encode,
  Order,
  Report,
} from '../../src/testing/border/processes/messages.js'
import { say } from './say.js'

const load = <T>(file: string): Promise<T> =>
  import(new URL(`./testing/border/processes/${file}`, import.meta.resolve('daybook/testing')).href)
interface Process {
  take(order: Order): Promise<void>
}
const { AppProcess } = await load<{
  AppProcess: new (parts: { open: (file: string) => Daybook; tell: (report: Report) => void }) => Process
}>('app-process.js')
const { decodeMessage, encodeMessage } = await load<{
  decodeMessage: typeof Decode
  encodeMessage: typeof Encode
}>('messages.js')

// What TanStack DB says of queries without an index is of no interest here.
console.warn = () => undefined

const app = new AppProcess({
  open: (filename) => openDaybook({ filename, retain: 'all' }),
  tell: (report) => say(encodeMessage(report)),
})
for await (const line of createInterface({ input: process.stdin }))
  await app.take(decodeMessage<Order>(JSON.parse(line)))
