/**
 * A database in the origin private file system that can be set aside. Folders cannot be renamed there: the damaged one
 * keeps its folder, and what is salvaged gets another, whose name has the time (drivers/opfs-folders.ts).
 */

import type { Driver } from '../../drivers/driver.js'
import {
  copyFiles,
  type Folder,
  type OpfsFile,
  openFile,
  POOL_HEADER,
  pathOf,
  removeEntry,
  rootFolder,
  writeAll,
} from '../../drivers/opfs-files.js'
import { currentFolder, firstFolder, foldersOf, noteOf, textOf } from '../../drivers/opfs-folders.js'
import { DATABASE } from '../../drivers/opfs-pool.js'
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
      await copyFiles(from, to, mendDatabase)
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
    await removeEntry(root, this.#unfinished)
    return damaged
  }
}

function mendDatabase(copy: OpfsFile): void {
  if (pathOf(copy) !== `/${DATABASE}`) return
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
