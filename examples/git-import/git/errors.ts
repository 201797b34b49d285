/** Why a repository cannot be read. */
export type RepositoryErrorCode =
  /** There is no `git` program on the PATH. */
  | 'GIT_MISSING'
  /** The path does not exist, or is not a folder. */
  | 'NO_SUCH_FOLDER'
  /** The folder is in no git repository. */
  | 'NOT_A_REPOSITORY'
  /** The history goes on from a commit that is not on it: it was rewritten, or it is another repository. */
  | 'OTHER_HISTORY'
  /** git itself failed; the message carries what it said. */
  | 'GIT_FAILED'

/** One sentence that a person can act on; the demo prints it without a stack. */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError'

  constructor(
    readonly code: RepositoryErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
