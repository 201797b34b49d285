/** Everything of the world that the command touches besides files; a test gives its own. */
export interface Surroundings {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
  /** Text, for a verb that reads what is piped into it. */
  readonly stdin: AsyncIterable<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** Aborts when the person at the terminal has had enough (Ctrl-C). */
  readonly interrupted: AbortSignal
}
