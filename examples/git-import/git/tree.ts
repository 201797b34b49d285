import { RepositoryError } from './errors.js'
import { pathFromBytes } from './paths.js'
import { nulFields, startGit } from './process.js'

export interface TreeEntry {
  mode: string
  /** `blob`, or `commit` for a submodule. */
  type: string
  blob: string
}

/** All files of a commit, at any depth: what the fold of its history has to be equal to. */
export async function readTree(path: string, commit: string): Promise<Map<string, TreeEntry>> {
  const tree = new Map<string, TreeEntry>()
  const list = startGit(path, ['ls-tree', '-r', '-z', '--full-tree', commit])
  list.stdin.end()
  for await (const fields of nulFields(list.stdout)) {
    for (const field of fields) {
      // `mode type blob<TAB>path`
      const tab = field.indexOf('\t')
      const [mode, type, blob] = field.toString('latin1', 0, tab).split(' ')
      if (tab === -1 || mode === undefined || type === undefined || blob === undefined) {
        throw new RepositoryError(
          'GIT_FAILED',
          `git ls-tree answered with a line of an unknown form: ${field}`,
        )
      }
      tree.set(pathFromBytes(field.subarray(tab + 1)), { mode, type, blob })
    }
  }
  const error = await list.exit
  if (error !== undefined) throw error
  return tree
}
