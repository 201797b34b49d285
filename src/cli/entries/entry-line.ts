/** Entries as lines: position, time, transaction, what it touches, bytes. */

import { inspect } from 'node:util'
import { decodeOp } from '../../log/decode-ops.js'
import { type Entry, formatPosition, opParts } from '../../log/entry.js'
import { opsOfPart } from '../../log/part-ops.js'
import type { Scanned } from '../../log/scan.js'
import type { StoredOp } from '../../log/stored-op.js'
import { AS_STORED } from '../../values/codecs.js'
import type { Output } from '../output/output.js'
import { bytes, time } from '../output/words.js'
import { bytesOf, changesOf, shortChanges } from './changes.js'

/** How much of an origin a line shows; enough to be found by. */
const ORIGIN_SHOWN = 6

/** A line for an entry, or for a place where none can be read; `data`: with the values below it. */
export function scannedLine(scanned: Scanned, { colours, width }: Output, data = false): string {
  if (scanned.entry === undefined) {
    const places = scanned.seq === scanned.through ? scanned.seq : `${scanned.seq} to ${scanned.through}`
    return colours.red(`damaged: ${places}: ${scanned.damage}`)
  }
  const { entry, damage } = scanned
  const position = formatPosition(entry.position).padEnd(8)
  const line = [
    damage === undefined ? colours.yellow(position) : colours.red(position),
    colours.dim(time(entry.committedAt)),
    colours.cyan(`${entry.origin.slice(0, ORIGIN_SHOWN)}:${entry.originSeq}`.padEnd(ORIGIN_SHOWN + 6)),
    bytes(bytesOf(entry)).padStart(7),
    damage === undefined ? whatItDoes(entry) : colours.red(`damaged: ${damage}`),
  ].join('  ')
  if (!data) return clip(line, width)
  return [line, ...opLines(entry)].join('\n')
}

/** In words: `todos +3 ~1`, `term 4 begins`. */
export function whatItDoes(entry: Entry): string {
  if (entry.kind === 'term') return `term ${entry.position.term} begins`
  if (entry.kind === 'checkpoint') return 'checkpoint'
  if (entry.kind === 'redact') return 'redaction'
  const changes = changesOf(entry).map(shortChanges).join(', ')
  return entry.kind === 'tx' ? changes : `${entry.kind} ${changes}`
}

function opLines(entry: Entry): string[] {
  try {
    return opParts(entry)
      .flatMap((part) => opsOfPart(part, entry.position.seq))
      .map((op) => `    ${opLine(op)}`)
  } catch {
    return ['    (a body that is no list of ops)']
  }
}

/** An op on one line, with its value as the app knows it; what a codec of the app keeps, as it is stored. */
export function opLine(stored: StoredOp): string {
  const [name, collection] = stored
  if (stored[0] === 'redacted') return `redacted ${collection}`
  const where =
    'string number'.includes(typeof stored[2]) && name !== 'schema' ? ` ${JSON.stringify(stored[2])}` : ''
  try {
    const op = decodeOp(stored, AS_STORED)
    const value = 'value' in op ? op.value : 'fields' in op ? op.fields : undefined
    const unset = 'unset' in op && op.unset !== undefined ? ` without ${op.unset.join(', ')}` : ''
    const versions = op.op === 'schema' ? ` ${op.from} → ${op.to}` : ''
    return `${name} ${collection}${where}${versions}${value === undefined ? '' : ` ${valueText(value)}`}${unset}`
  } catch {
    return `${name} ${collection}${where} ${JSON.stringify(stored.slice(3))} (not readable by this version)`
  }
}

/** A value on one line, of whatever type. */
export const valueText = (value: unknown): string =>
  inspect(value, {
    depth: null,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 2000,
    maxArrayLength: 200,
  })

// Colours take no room, so a coloured line is left alone unless even its text is too long.
function clip(line: string, width: number): string {
  const plain = line.replaceAll(ANSI, '')
  return plain.length <= width ? line : `${plain.slice(0, Math.max(0, width - 1))}…`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour is
const ANSI = /\x1b\[\d+m/g
