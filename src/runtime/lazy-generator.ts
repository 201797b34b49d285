/** A generator whose code is loaded when something is first asked of it. Every call is handed on at once, in order. */
export function lazyGenerator<T>(load: () => Promise<AsyncGenerator<T, void>>): AsyncGenerator<T, void> {
  let loading: Promise<AsyncGenerator<T, void>> | undefined
  const loaded = (): Promise<AsyncGenerator<T, void>> => {
    loading ??= load()
    return loading
  }
  return {
    next: async () => (await loaded()).next(),
    return: async (value) => (await loaded()).return(value),
    throw: async (error) => (await loaded()).throw(error),
    [Symbol.asyncDispose]: async () => {
      await (await loaded()).return()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
