/**
 * The messages between a context and the leader; docs/channel-protocol.md describes them.
 *
 * Every message carries the version of the protocol. What does not fit is not a message: who receives it answers with an
 * error where there is somebody to answer, and does nothing else.
 */

import type { Position } from '../../errors.js'
import type { Entry } from '../../log/entry.js'

/** Raised with every change of a message's shape. */
export const PROTOCOL = 2

/** The calls that a context can make. Never SQL, never a path. */
export const METHODS = [
  'append',
  'head',
  'read',
  'query',
  'index',
  'compact',
  'identity',
  'collections',
  'stats',
  'verify',
  'rebuild',
  'planRedaction',
  'redact',
  'forget',
  'notify',
  'silence',
  'notices',
  'destroy',
] as const
export type Method = (typeof METHODS)[number]

interface Versioned {
  readonly daybook: typeof PROTOCOL
}

/** From a context to the leader: a call, or the next piece of an answer that comes in several. */
export interface Request extends Versioned {
  /** The id of the context that asks. */
  readonly from: string
  /** The context's own number for the call; the same when the call is sent again. */
  readonly id: number
  readonly method: Method
  readonly args: readonly unknown[]
  /** Which piece of the answer is asked for; 0 begins. */
  readonly piece: number
  /** The id of the log that is meant, when an answer has said it: one that was put in its place refuses the call. */
  readonly log?: string
}

/** From the leader to one context. */
export interface Answer extends Versioned {
  readonly to: string
  readonly id: number
  /** Who answers. */
  readonly leader: string
  /** The id of its log. */
  readonly log?: string
  readonly result:
    | { readonly value: unknown }
    /** One piece of a large answer; `last` when there is none behind it. */
    | { readonly piece: number; readonly value: unknown; readonly last: boolean }
    | { readonly error: WireError }
    /** The leader no longer has the answer whose next piece was asked for: ask from the beginning. */
    | { readonly forgotten: true }
}

/** From the leader to all. */
export interface Announcement extends Versioned {
  readonly leader: string
  /** The last entry of the log. */
  readonly head: Position
  /** The newest entries, where they are small. */
  readonly entries: readonly Entry[]
  /** Somebody has said something on the board. */
  readonly notices?: boolean
  /** The id of the log. */
  readonly log?: string
  /** The log is gone, and this leader with it. */
  readonly destroyed?: boolean
}

/** An error as it travels. */
export interface WireError {
  readonly name: string
  readonly message: string
  /** The facts: the error's own fields. */
  readonly fields: Readonly<Record<string, unknown>>
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isId = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 64
const isLog = (value: unknown): boolean => value === undefined || isId(value)
export const isPosition = (value: unknown): value is Position =>
  isObject(value) && isNumber(value.term) && isNumber(value.seq)

const isVersioned = (message: unknown): message is Record<string, unknown> =>
  isObject(message) && message.daybook === PROTOCOL

/** Whether this is a request of ours. */
export const isRequest = (message: unknown): message is Request & Record<string, unknown> =>
  isVersioned(message) &&
  isId(message.from) &&
  isNumber(message.id) &&
  METHODS.includes(message.method as Method) &&
  Array.isArray(message.args) &&
  isNumber(message.piece) &&
  isLog(message.log)

/** Whether this is an answer for a context. */
export const isAnswer = (message: unknown, to: string): message is Answer & Record<string, unknown> =>
  isVersioned(message) &&
  message.to === to &&
  isNumber(message.id) &&
  isId(message.leader) &&
  isObject(message.result) &&
  isLog(message.log)

export const isAnnouncement = (message: unknown): message is Announcement & Record<string, unknown> =>
  isVersioned(message) &&
  isId(message.leader) &&
  isPosition(message.head) &&
  Array.isArray(message.entries) &&
  message.entries.every(isEntry) &&
  (message.notices === undefined || typeof message.notices === 'boolean') &&
  (message.destroyed === undefined || typeof message.destroyed === 'boolean') &&
  isLog(message.log)

const isEntry = (entry: unknown): boolean =>
  isObject(entry) &&
  isPosition(entry.position) &&
  typeof entry.kind === 'string' &&
  typeof entry.origin === 'string' &&
  isNumber(entry.originSeq) &&
  Array.isArray(entry.parts) &&
  entry.parts.every((part) => typeof part === 'string')

/** Who sent it and which of its calls it was, of a message in any version, if it says so. */
export function senderOf(message: unknown): { from: string; id: number; version: unknown } | undefined {
  if (!isObject(message) || !('daybook' in message) || !isId(message.from)) return undefined
  return { from: message.from, id: isNumber(message.id) ? message.id : 0, version: message.daybook }
}

/** The version of an answer for a context, if it is another one than this. */
export const versionFor = (message: unknown, to: string): unknown =>
  isObject(message) && message.to === to && message.daybook !== PROTOCOL ? message.daybook : undefined
