/** `daybook.verify()` and the command of that name: one way of checking a file. */

import { BusyError } from '../errors.js'
import { TrimmedMeanwhile } from '../log/verify.js'
import { FileCheck, type Verifiable, type VerifyOptions } from './file-check.js'
import type { Verification } from './journal/verification.js'

export type { Verifiable, VerifyOptions } from './file-check.js'

/** How often it is begun again because the log was trimmed under its eyes. */
const ATTEMPTS = 5

const TRIMMED =
  'The log was trimmed again and again while it was checked, so that nothing could be compared. Nothing is known to be ' +
  'wrong; check again when less is written, or check a copy of the file.'

/** @throws BusyError, ClosedError, and the reason of the signal; damage is never thrown */
export async function verify(file: Verifiable, options: VerifyOptions = {}): Promise<Verification> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await new FileCheck(file, options).run()
    } catch (error) {
      if (!(error instanceof TrimmedMeanwhile)) throw error
      if (attempt === ATTEMPTS) throw new BusyError(TRIMMED, { cause: error })
    }
  }
}
