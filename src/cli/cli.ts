/** What every verb is given: where its answer goes, and how it opens a file. */

import { DatabaseFile, type Mode } from './database-file.js'
import { FINE } from './exit-codes.js'
import { Output, type OutputOptions } from './output/output.js'
import type { Surroundings } from './surroundings.js'

export class Cli {
  readonly surroundings: Surroundings
  exitCode = FINE

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
  }

  /** Where the answer of a verb goes, in the form that its options ask for. */
  output(options: OutputOptions): Output {
    return new Output(this.surroundings, options)
  }

  /** Opens a file, does something with it, and closes it whatever happens. */
  async withFile<T>(path: string, work: (file: DatabaseFile) => Promise<T>, mode: Mode = 'read'): Promise<T> {
    const file = await DatabaseFile.open(path, mode)
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }
}
