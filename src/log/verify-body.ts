/** Checking what the body of an entry says: that it is made as docs/log-format.md has it, and fits the entry's kind. */

import { InvalidTransactionError } from '../errors.js'
import type { CheckpointBody } from './checkpoint-body.js'
import type { Entry } from './entry.js'
import { KindOfOps } from './kind.js'
import { opsText } from './redacted-part.js'
import { isStoredOp, type StoredOp } from './stored-op.js'
import type { EntryHead } from './stream.js'

/** What is found in a body, part by part. */
export interface BodyVisitor {
  op(op: StoredOp, head: EntryHead): void
  checkpoint(body: CheckpointBody, head: EntryHead): void
}

/** What is wrong with what an entry says, if anything is. */
export function faultOfBody({ parts, ...head }: Entry): string | undefined {
  const check = new BodyCheck(head, { op() {}, checkpoint() {} })
  for (const part of parts) check.add(part)
  return check.end()
}

/** Looks at the parts of one entry, in order. */
export class BodyCheck {
  readonly #head: EntryHead
  readonly #visitor: BodyVisitor
  readonly #kind = new KindOfOps()
  #fault: string | undefined

  constructor(head: EntryHead, visitor: BodyVisitor) {
    this.#head = head
    this.#visitor = visitor
  }

  add(part: string): void {
    if (this.#fault !== undefined) return
    const json = parsed(part)
    if (!Array.isArray(json)) this.#fault = 'its body is not made of JSON arrays'
    else this.#fault = this.#content(part, json)
  }

  /** What is wrong with the body, once all of its parts were added. */
  end(): string | undefined {
    const { kind } = this.#head
    const { kind: made } = this.#kind
    const hasOps = kind !== 'term' && kind !== 'checkpoint' && kind !== 'redact'
    if (this.#fault === undefined && hasOps && made !== kind) {
      return `its kind is ${JSON.stringify(kind)}, its ops make ${JSON.stringify(made)}`
    }
    return this.#fault
  }

  #content(part: string, json: readonly unknown[]): string | undefined {
    switch (this.#head.kind) {
      case 'term':
        return part === '[]' ? undefined : 'the body of a term is not empty'
      case 'redact':
        return json.every(isNamedPart) ? undefined : 'its body does not name redacted parts'
      case 'checkpoint': {
        const [body] = json
        if (!isCheckpointBody(body)) return 'its body is not that of a checkpoint'
        this.#visitor.checkpoint(body, this.#head)
        return undefined
      }
      default:
        return this.#ops(json, opsText(part) !== part)
    }
  }

  #ops(ops: readonly unknown[], redacted: boolean): string | undefined {
    for (const op of ops) {
      if (!isStoredOp(op) && !(redacted && isRedactedOp(op))) return 'its body has a malformed op'
      try {
        this.#kind.add(op)
      } catch (error) {
        if (error instanceof InvalidTransactionError) return error.reason
        throw error
      }
      this.#visitor.op(op, this.#head)
    }
    return undefined
  }
}

function parsed(part: string): unknown {
  try {
    return JSON.parse(opsText(part))
  } catch {
    return undefined
  }
}

const isRedactedOp = (op: unknown): op is StoredOp =>
  Array.isArray(op) && op.length === 2 && op[0] === 'redacted' && typeof op[1] === 'string'

const isNamedPart = (named: unknown): boolean =>
  isTuple(named, ['number', 'number', 'string']) && named.length === 3

function isCheckpointBody(body: unknown): body is CheckpointBody {
  if (typeof body !== 'object' || body === null) return false
  const { previous, origins, controls, rows } = body as Record<keyof CheckpointBody, unknown>
  return (
    typeof previous === 'string' &&
    isListOf(origins, ['string', 'number', 'number', 'number', 'number']) &&
    isListOf(controls, ['string', 'number', 'number', 'number']) &&
    isListOf(rows, ['string', 'number'])
  )
}

const isListOf = (list: unknown, types: readonly string[]): boolean =>
  Array.isArray(list) && list.every((each) => isTuple(each, types))

const isTuple = (tuple: unknown, types: readonly string[]): tuple is readonly unknown[] =>
  Array.isArray(tuple) && types.every((type, index) => typeof tuple[index] === type)
