/**
 * What all errors of daybook share: a stable `code` to branch on.
 *
 * `instanceof` goes by the code as well, so it holds for an error of another copy of this package, or one that came
 * through a channel; and a page that never names a class need not load it.
 */
export abstract class DaybookError extends Error {
  static readonly code: string | undefined = undefined
  readonly code: string

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    // The name of the class itself is a bundler's to change.
    this.code = (new.target as unknown as { readonly code: string }).code
    this.name = nameOf(this.code)
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // `this` is the class that is asked for, which may be a subclass.
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true
    return this.code !== undefined && value instanceof Error && 'code' in value && value.code === this.code
  }
}

/** The class that a code belongs to: `DAYBOOK_STORAGE_FULL` is that of StorageFullError. */
const nameOf = (code: string): string =>
  `${code
    .split('_')
    .slice(1)
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')}Error`
