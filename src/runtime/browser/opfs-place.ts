/**
 * A database in the origin private file system that can be set aside. Folders cannot be renamed there: the damaged one
 * keeps its folder, and what is salvaged gets another, whose name has the time (drivers/opfs-folders.ts).
 */

import type { Driver } from '../../drivers/driver.js'
import { copyFiles, type OpfsFile, openFile, removeEntry, writeAll } from '../../drivers/opfs-files.js'
import {
  currentFolder,
  type Folder,
  firstFolder,
  foldersOf,
  noteOf,
  rootFolder,
  textOf,
} from '../../drivers/opfs-folders.js'
import { DATABASE } from '../../drivers/opfs-pool.js'
import { headerOf, isDatabase, isInOrder, POOL_HEADER } from '../../drivers/opfs-pool-header.js'
import { systemClock } from '../clock.js'
import type { OpenedHere } from '../open.js'
import { type Place, timeInName } from '../quarantine/place.js'
import { openOrQuarantine } from '../quarantine/quarantine.js'
import { mendHeader } from '../quarantine/salvage/header.js'
import type { Salvaged } from '../quarantine/salvage/report.js'
import { salvageInto } from '../quarantine/salvage/salvage.js'

type DriverIn = (folder: string) => Promise<Driver>

/** Opens the database of a name, or what can be salvaged of it. */
export const openOrQuarantineIn = (
  name: string,
  driverIn: DriverIn,
  openOn: (driver: Driver) => Promise<OpenedHere>,
): Promise<OpenedHere> =>
  openOrQuarantine({
    place: new OpfsPlace(name, driverIn),
    open: async (watch) => openOn(watch(await driverIn(await currentFolder(name)))),
  })

class OpfsPlace implements Place {
  readonly isOurs = true
  readonly #name: string
  readonly #driverIn: DriverIn
  readonly #suspicion: string
  readonly #copy: string
  /** Names the folder of a salvage that has begun. */
  readonly #unfinished: string
  /** The folder of what is salvaged. */
  readonly #next: string

  constructor(name: string, driverIn: DriverIn) {
    this.#name = name
    this.#driverIn = driverIn
    const first = firstFolder(name)
    this.#suspicion = `${first}@suspect`
    this.#copy = `${first}@copy`
    this.#unfinished = `${first}@unfinished`
    this.#next = `${first}@${timeInName(systemClock)}`
  }

  async isSuspect(): Promise<boolean> {
    return (await textOf(this.#suspicion)) !== ''
  }

  suspect({ message }: Error): Promise<void> {
    // Where nothing can be written, the error itself has to be enough: it goes to whoever met it.
    return append(this.#suspicion, message).catch(() => undefined)
  }

  async trust(): Promise<void> {
    // Where it cannot be removed, the next open looks at everything once more.
    await removeEntry(await rootFolder(), this.#suspicion).catch(() => undefined)
  }

  async salvage(): Promise<Salvaged> {
    const root = await rootFolder()
    const current = await currentFolder(this.#name)
    await this.#removeUnfinished(root)
    await append(this.#unfinished, this.#next)
    try {
      const from = (await root.getDirectoryHandle(current)) as Folder
      const to = (await root.getDirectoryHandle(this.#copy, { create: true })) as Folder
      await copyFiles(from, to, mend)
      return await salvageInto({
        path: current,
        openDamaged: () => this.#driverIn(this.#copy),
        openTarget: () => this.#driverIn(this.#next),
      })
    } finally {
      await removeEntry(root, this.#copy)
    }
  }

  // What a salvage has made that ended before it was done.
  async #removeUnfinished(root: Folder): Promise<void> {
    const finished = await foldersOf(this.#name)
    for (const begun of (await textOf(this.#unfinished)).split('\n').slice(0, -1)) {
      if (!finished.includes(begun)) await removeEntry(root, begun)
    }
    for (const name of [this.#copy, this.#unfinished]) await removeEntry(root, name)
  }

  async replace(salvaged: Salvaged | undefined): Promise<string> {
    const damaged = await currentFolder(this.#name)
    const root = await rootFolder()
    // Where nothing could be salvaged there may be the beginning of something.
    if (salvaged === undefined) await removeEntry(root, this.#next)
    await append(noteOf(this.#name), this.#next)
    // The note says by now that it is finished.
    await removeEntry(root, this.#unfinished).catch(() => undefined)
    return damaged
  }
}

/** https://www.sqlite.org/c3ref/c_open_autoproxy.html, each with READWRITE and CREATE */
const MAIN_DB = 0x100 | 0x6
const WAL = 0x80000 | 0x6

/** https://www.sqlite.org/fileformat2.html#walformat, for both orders of bytes */
const WAL_MAGIC = [0x377f0682, 0x377f0683]

function mend(copy: OpfsFile): void {
  const head = new Uint8Array(POOL_HEADER + 16)
  copy.read(head, { at: 0 })
  const path = `/${DATABASE}`
  if (!isInOrder(head)) {
    // What the pool's own header no longer says shows in what is behind it.
    const isWal = WAL_MAGIC.includes(new DataView(head.buffer).getUint32(POOL_HEADER))
    if (isDatabase(head)) writeAll(copy, headerOf(path, MAIN_DB), 0)
    else if (isWal) writeAll(copy, headerOf(`${path}-wal`, WAL), 0)
  }
  if (isDatabase(head) || new TextDecoder().decode(head).startsWith(`${path}\0`)) mendDatabase(copy)
}

function mendDatabase(copy: OpfsFile): void {
  mendHeader({
    size: copy.getSize() - POOL_HEADER,
    read: (into, at) => copy.read(into, { at: POOL_HEADER + at }),
    write: (from, at) => writeAll(copy, from, POOL_HEADER + at),
    truncate: (size) => copy.truncate(POOL_HEADER + size),
  })
}

/** Adds a line behind the last whole one. */
async function append(name: string, line: string): Promise<void> {
  const text = await textOf(name)
  const file = await openFile(await rootFolder(), name)
  try {
    const whole = new TextEncoder().encode(text.slice(0, text.lastIndexOf('\n') + 1))
    file.truncate(whole.length)
    writeAll(file, new TextEncoder().encode(`${line}\n`), whole.length)
    file.flush()
  } finally {
    file.close()
  }
}
