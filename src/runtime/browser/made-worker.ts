/** Making a worker, and saying why one could not be loaded: its `error` event says nothing, not even which file was meant. */

import { WorkerFailedError } from '../../errors.js'

export interface MadeWorker {
  readonly worker: Worker
  /** Where its script comes from; unknown where it was made in another way than by the constructor. */
  readonly url: string | undefined
}

/** Calls `make`, and sees what the constructor is given there: bundlers only find a worker that is made by name. */
export function madeWorker(make: () => Worker): MadeWorker {
  const { Worker: real } = globalThis
  if (real === undefined) return { worker: make(), url: undefined }
  let url: string | undefined
  globalThis.Worker = new Proxy(real, {
    construct(target, [from, options]: [string | URL, WorkerOptions?]) {
      url = new URL(from, globalThis.location?.href).href
      return new target(from, options)
    },
  })
  try {
    return { worker: make(), url }
  } catch (cause) {
    throw new WorkerFailedError(url, undefined, { cause })
  } finally {
    globalThis.Worker = real
  }
}

/** Asks for the script once more, to see what the server says of it. */
export async function whyNotLoaded(url: string | undefined): Promise<WorkerFailedError> {
  if (url === undefined) return new WorkerFailedError(url, undefined)
  try {
    const { status, headers } = await fetch(url, { method: 'HEAD' })
    return new WorkerFailedError(url, `${status} ${headers.get('content-type') ?? ''}`.trim())
  } catch (cause) {
    return new WorkerFailedError(url, undefined, { cause })
  }
}
