/** What stands between a context and the one that has the database. */

import { DaybookError } from './base.js'

/** The context that has the database open failed in a way that this version does not know. */
export class RemoteError extends DaybookError {
  static override readonly code = 'DAYBOOK_REMOTE'
  declare readonly code: 'DAYBOOK_REMOTE'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

/** A message between two contexts is not one that daybook sends. */
export class ProtocolError extends DaybookError {
  static override readonly code = 'DAYBOOK_PROTOCOL'
  declare readonly code: 'DAYBOOK_PROTOCOL'

  constructor(readonly reason: string) {
    super(`A message to the leader was refused: ${reason}. Nothing was done.`)
  }
}

/** Two contexts run versions of daybook that do not understand each other. */
export class ProtocolVersionError extends DaybookError {
  static override readonly code = 'DAYBOOK_PROTOCOL_VERSION'
  declare readonly code: 'DAYBOOK_PROTOCOL_VERSION'

  constructor(
    readonly ours: number,
    readonly theirs: unknown,
  ) {
    super(
      `The context that has the database open speaks version ${String(theirs)} of daybook's protocol, this one version ` +
        `${ours}. Close or reload the tabs that still run the other version of the app.`,
    )
  }
}

/** No context that has the database open has answered in time. */
export class NoLeaderError extends DaybookError {
  static override readonly code = 'DAYBOOK_NO_LEADER'
  declare readonly code: 'DAYBOOK_NO_LEADER'

  constructor(
    readonly waited: number,
    /** The context that has the lock of the database, as far as the runtime tells. */
    readonly holder: string | undefined,
  ) {
    super(
      `Nobody has opened the database within ${waited} ms; ` +
        (holder === undefined
          ? 'nobody has its lock. '
          : `its lock is held by ${holder}, which does not answer. `) +
        'Close other tabs of this app, or open the daybook again; a longer `openTimeout` waits longer.',
    )
  }
}

/** The worker that has the database could not be loaded. */
export class WorkerFailedError extends DaybookError {
  static override readonly code = 'DAYBOOK_WORKER_FAILED'
  declare readonly code: 'DAYBOOK_WORKER_FAILED'

  constructor(
    /** Where it was to come from, as far as the browser tells. */
    readonly url: string | undefined,
    /** What the server says of that file: its status and its type. */
    readonly answer: string | undefined,
    options?: { cause?: unknown },
  ) {
    super(
      `The worker of daybook cannot be loaded${url === undefined ? '' : ` from ${url}`}` +
        `${answer === undefined ? '' : ` (the server answers: ${answer})`}. Check that the server has this file and those that it imports, ` +
        'that it sends them as JavaScript and not the page of the app instead, and that a Content-Security-Policy allows ' +
        'them under `worker-src`. A bundler that does not find the worker by itself needs the `worker` option.',
      options,
    )
  }
}

/** The entry for pages was opened where there is no browser: on a server that renders them, in a test, in a script. */
export class NotABrowserError extends DaybookError {
  static override readonly code = 'DAYBOOK_NOT_A_BROWSER'
  declare readonly code: 'DAYBOOK_NOT_A_BROWSER'

  constructor() {
    super(
      "'daybook/browser' is the entry for pages, and this is no browser. In Node use openDaybook of 'daybook/node' or " +
        "'daybook/node-sqlite'. Where a server renders the page, nothing is kept there: open the daybook in the browser only.",
    )
  }
}

/** This browser, or this mode of it, cannot keep a database. `missing` says what it lacks. */
export class StorageUnavailableError extends DaybookError {
  static override readonly code = 'DAYBOOK_STORAGE_UNAVAILABLE'
  declare readonly code: 'DAYBOOK_STORAGE_UNAVAILABLE'

  constructor(
    readonly missing: 'secure context' | 'Web Locks' | 'OPFS',
    options?: { cause?: unknown },
  ) {
    super(
      `This page cannot keep a database: it has no ${missing}` +
        (missing === 'secure context'
          ? ' (serve it over https or from localhost). '
          : ' (a private window, or an old browser). ') +
        "Tell the user, or open the daybook with `fallback: 'memory'`: it works then, and is forgotten with the page.",
      options,
    )
  }
}
