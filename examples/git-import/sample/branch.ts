/**
 * One branch while it is written: which paths it has now, and the commands of `git fast-import` that change them.
 *
 * Paths are byte strings here, one latin1 character for each byte, because some of them are no text at all.
 */
import type { Random } from '../../random.js'

/** Everything that a naive reader of git's output trips over, and some plain names. */
const names = [
  'readme.md',
  'index.ts',
  'Makefile',
  'a b',
  ' leading and trailing ',
  '-dash',
  '--raw',
  ':100644 000000 colon',
  '"quoted"',
  'back\\slash',
  'tab\there',
  'line\nbreak',
  '\nfirst',
  'percent%20',
  '%',
  'dollar$HOME',
  '*.glob',
  '__proto__',
  'constructor',
  bytesOf('grün'),
  bytesOf('日本語'),
  bytesOf('файл'),
  bytesOf('🙂'),
  bytesOf('e\u0301'), // the same letter twice: as two code points,
  bytesOf('\u00e9'), // and as one
  '\xe9', // latin1: not valid UTF-8
  '\xff\xfe',
  '\xed\xa0\x80', // a surrogate, which UTF-8 does not allow
  '\x01\x7f',
  bytesOf('\ufeffmark'),
]

const folders = ['', 'src/', 'src/deep/er/', 'docs/', 'a/', bytesOf('ü/'), 'with space/', '\xfe/']

export class Branch {
  readonly #random: Random
  readonly #paths = new Set<string>()

  constructor(random: Random) {
    this.#random = random
  }

  /** The commands of one ordinary change. */
  change(): string {
    const actions = [this.#add, this.#add, this.#edit, this.#edit, this.#edit, this.#remove, this.#rename]
    const rare = [this.#renameFolder, this.#turnIntoFolder, this.#turnIntoFile]
    // The rare ones take whole folders away; more of them, and the repository would never grow.
    const action = this.#random.below(60) === 0 ? this.#random.pick(rare) : this.#random.pick(actions)
    return action.call(this)
  }

  /** The commands that add a file of any type, or replace what has its path. */
  put(path: string): string {
    // git lets a file take the place of a folder and the other way round; so do we.
    for (const other of this.#paths) {
      if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) this.#paths.delete(other)
    }
    this.#paths.add(path)
    switch (this.#random.below(20)) {
      case 0:
        return `M 120000 inline ${quoted(path)}\n${data(`../target-${this.#random.below(50)}`)}`
      case 1:
        return `M 160000 ${this.#commitOfSubmodule()} ${quoted(path)}\n`
      case 2:
      case 3:
        return `M 100755 inline ${quoted(path)}\n${data(this.#text())}`
      default:
        return `M 100644 inline ${quoted(path)}\n${data(this.#text())}`
    }
  }

  #add(): string {
    // Past some hundred files a repository lives by edits, or its trees would cost more than its history.
    return this.#paths.size > 600 ? this.#remove() : this.put(this.#newPath())
  }

  /** New content, another mode, another type: whatever `put` makes of it. */
  #edit(): string {
    return this.#paths.size === 0 ? this.#add() : this.put(this.#anyPath())
  }

  #remove(): string {
    if (this.#paths.size < 10) return this.#add()
    const path = this.#anyPath()
    this.#paths.delete(path)
    return `D ${quoted(path)}\n`
  }

  #rename(): string {
    if (this.#paths.size === 0) return this.#add()
    return this.#move(this.#anyPath(), this.#newPath())
  }

  #renameFolder(): string {
    const folder = this.#anyFolder()
    return folder === undefined ? this.#add() : this.#move(folder, `moved-${this.#random.below(20)}`)
  }

  #turnIntoFolder(): string {
    return this.#paths.size === 0 ? this.#add() : this.put(`${this.#anyPath()}/inside`)
  }

  #turnIntoFile(): string {
    const folder = this.#anyFolder()
    return folder === undefined ? this.#add() : this.put(folder)
  }

  #move(from: string, to: string): string {
    const within = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`)
    if (within(from, to) || within(to, from)) return this.#edit()
    for (const path of [...this.#paths]) {
      if (within(path, to) || to.startsWith(`${path}/`)) this.#paths.delete(path)
    }
    for (const path of [...this.#paths].filter((path) => within(path, from))) {
      this.#paths.delete(path)
      this.#paths.add(to + path.slice(from.length))
    }
    return `R ${quoted(from)} ${quoted(to)}\n`
  }

  #newPath(): string {
    const folder = this.#random.pick(folders)
    const name = this.#random.pick(names)
    return this.#random.below(3) === 0 ? folder + name : `${folder}${name}-${this.#random.below(400)}`
  }

  #anyPath(): string {
    return this.#random.pick([...this.#paths])
  }

  #anyFolder(): string | undefined {
    const inFolders = [...this.#paths].filter((path) => path.includes('/'))
    if (inFolders.length === 0) return undefined
    const path = this.#random.pick(inFolders)
    return path.slice(0, path.lastIndexOf('/'))
  }

  #commitOfSubmodule(): string {
    return this.#random
      .below(2 ** 32)
      .toString(16)
      .padStart(40, 'c0ffee')
  }

  #text(): string {
    return `line ${this.#random.below(1000)}\n`.repeat(1 + this.#random.below(4))
  }
}

export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** A counted text, as `git fast-import` reads messages and contents. */
export function data(bytes: string): string {
  return `data ${bytes.length}\n${bytes}\n`
}

function quoted(path: string): string {
  const escaped = path.replace(/[^ !#-[\]-~]/g, (byte) => `\\${octalOf(byte)}`)
  return `"${escaped}"`
}

function octalOf(byte: string): string {
  return byte.charCodeAt(0).toString(8).padStart(3, '0')
}
