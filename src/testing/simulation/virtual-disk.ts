/**
 * A disk that a power cut takes from: what was written and not synced survives in part, in any combination, or not at
 * all. What was synced stays.
 *
 * Not simulated: files that come and go (a new name is there at once, a deleted one is gone for good), and disks that say
 * synced when they are not.
 */

interface Write {
  readonly offset: number
  readonly data: Uint8Array
}

type Change = Write | { readonly size: number }

/** One file: as it is read now, and how much of that would be there after a power cut. */
class DiskFile {
  #now = new Uint8Array(0)
  #size = 0
  #synced: Uint8Array
  #unsynced: Change[] = []

  constructor(content = new Uint8Array(0)) {
    this.#synced = content
    this.#apply({ offset: 0, data: content })
  }

  get size(): number {
    return this.#size
  }

  read(data: Uint8Array, offset: number): number {
    const end = Math.min(this.#size, offset + data.byteLength)
    if (offset >= end) return 0
    data.set(this.#now.subarray(offset, end))
    return end - offset
  }

  change(change: Change): void {
    this.#apply(change)
    this.#unsynced.push(change)
  }

  sync(): void {
    this.#synced = this.content()
    this.#unsynced = []
  }

  /** How many changes a power cut could take. */
  get unsynced(): number {
    return this.#unsynced.length
  }

  content(): Uint8Array<ArrayBuffer> {
    return this.#now.slice(0, this.#size)
  }

  /** The file after a power cut: `survives` is asked for each change, and how much of a write reached the disk. */
  after(survives: () => number): DiskFile {
    const file = new DiskFile(this.#synced.slice())
    for (const change of this.#unsynced) {
      const part = survives()
      if ('size' in change) {
        if (part > 0) file.#apply(change)
      } else file.#apply({ ...change, data: change.data.slice(0, Math.ceil(part * change.data.byteLength)) })
    }
    file.sync()
    return file
  }

  #apply(change: Change): void {
    if ('size' in change) {
      // What comes after the new end is not to come back when the file grows again.
      if (change.size < this.#size) this.#now.fill(0, change.size, this.#size)
      this.#grow(change.size)
      this.#size = change.size
      return
    }
    const { offset, data } = change
    if (data.byteLength === 0) return
    this.#grow(offset + data.byteLength)
    this.#now.set(data, offset)
    this.#size = Math.max(this.#size, offset + data.byteLength)
  }

  #grow(size: number): void {
    if (size <= this.#now.byteLength) return
    const grown = new Uint8Array(Math.max(size, 2 * this.#now.byteLength))
    grown.set(this.#now.subarray(0, this.#size))
    this.#now = grown
  }
}

/** How a power cut treats what was not synced. */
export type Loss = 'all' | 'none' | 'later' | 'some'

export class VirtualDisk {
  #files = new Map<string, DiskFile>()
  #isOff = false
  /** Writes and syncs until the power fails by itself. */
  #left = Number.POSITIVE_INFINITY
  #operations = 0

  /** The power has failed: nothing that is written reaches the disk any more. */
  get isOff(): boolean {
    return this.#isOff
  }

  /** How many writes and syncs there were. */
  get operations(): number {
    return this.#operations
  }

  /** The power fails at the n-th write or sync from now, before it has any effect. */
  failAfter(operations: number): void {
    this.#left = operations
  }

  /** The power is back: what is there now. `random` answers with numbers from 0 to 1. */
  cut(loss: Loss, random: () => number): { readonly lost: number } {
    let lost = 0
    const files = new Map<string, DiskFile>()
    for (const [name, file] of this.#files) {
      // `later`: everything up to some moment is there, and nothing behind it.
      let kept = Math.floor(random() * (file.unsynced + 1))
      const survives = (): number => {
        const part =
          loss === 'none' ? 1 : loss === 'all' ? 0 : loss === 'later' ? (kept-- > 0 ? 1 : 0) : torn(random)
        if (part < 1) lost++
        return part
      }
      files.set(name, file.after(survives))
    }
    this.#files = files
    this.#isOff = false
    this.#left = Number.POSITIVE_INFINITY
    return { lost }
  }

  /** What a kill of every process would leave: the system still has what was written. */
  copy(): VirtualDisk {
    const copy = new VirtualDisk()
    for (const [name, file] of this.#files) copy.#files.set(name, new DiskFile(file.content()))
    return copy
  }

  has(name: string): boolean {
    return this.#files.has(name)
  }

  create(name: string): void {
    if (!this.#files.has(name)) this.#files.set(name, new DiskFile())
  }

  delete(name: string): boolean {
    if (!this.#operate()) return false
    this.#files.delete(name)
    return true
  }

  size(name: string): number {
    return this.#files.get(name)?.size ?? 0
  }

  read(name: string, data: Uint8Array, offset: number): number {
    return this.#files.get(name)?.read(data, offset) ?? 0
  }

  /** Whether it was done. */
  change(name: string, change: Change): boolean {
    if (!this.#operate()) return false
    this.#files.get(name)?.change(change)
    return true
  }

  sync(name: string): boolean {
    if (!this.#operate()) return false
    this.#files.get(name)?.sync()
    return true
  }

  #operate(): boolean {
    this.#operations++
    if (--this.#left <= 0) this.#isOff = true
    return !this.#isOff
  }
}

/** Mostly there or not; now and then half of it. */
function torn(random: () => number): number {
  const part = random()
  if (part < 0.45) return 0
  return part < 0.9 ? 1 : random()
}
