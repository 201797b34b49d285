import { DaybookError } from './base.js'

/** Something is asked for that this version, or this runtime, cannot do. */
export class UnsupportedError extends DaybookError {
  static override readonly code = 'DAYBOOK_UNSUPPORTED'
  declare readonly code: 'DAYBOOK_UNSUPPORTED'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}
