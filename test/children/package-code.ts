/** Code of the built package that no entry exports, found beside the one that there is. `file` begins in the package's `dist`. */
export const packageCode = <T>(file: string): Promise<T> =>
  import(new URL(file, import.meta.resolve('daybook')).href)
