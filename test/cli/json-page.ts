/** What docs/cli-json.md says of the objects that verbs print, and whether an object is as it says. */

import { readFileSync } from 'node:fs'

interface Field {
  readonly isOptional: boolean
  readonly types: readonly string[]
}

/** By heading: the fields of its table. */
const shapes = new Map<string, Map<string, Field>>()

let heading = ''
for (const line of readFileSync(new URL('../../docs/cli-json.md', import.meta.url), 'utf8').split('\n')) {
  heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading
  const [, name, optional, type] = /^\| `(\w+)`(\?)? \| (.*?) \| .*\|$/.exec(line) ?? []
  if (name === undefined || type === undefined) continue
  const fields = shapes.get(heading) ?? new Map<string, Field>()
  const types = type.replaceAll('`', '').split(' or ')
  // `entry or damage[]`: a list of either.
  const isList = types.length > 1 && types.at(-1)!.endsWith('[]') && !types.includes('null')
  fields.set(name, {
    isOptional: optional === '?',
    types: isList ? types.map((each) => (each.endsWith('[]') ? each : `${each}[]`)) : types,
  })
  shapes.set(heading, fields)
}

/** What of an object is not as the page says; a line of `--jsonl` has `v` besides. */
export function misfits(shape: string, object: unknown, path = shape): string[] {
  const fields = shapes.get(shape)
  if (fields === undefined) return [`${path}: docs/cli-json.md has no shape ${shape}`]
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return [`${path}: no object`]
  const found: string[] = []
  for (const [name, value] of Object.entries(object)) {
    const field = fields.get(name)
    if (field === undefined) {
      if (name !== 'v' || value !== 1) found.push(`${path}.${name} is not on the page`)
    } else {
      found.push(...misfit(field.types, value, `${path}.${name}`))
    }
  }
  for (const [name, { isOptional }] of fields) {
    if (!isOptional && !Object.hasOwn(object, name)) found.push(`${path}.${name} is missing`)
  }
  return found
}

/** The line of a `--jsonl` answer: what it is, it says by its `type`. */
export const lineMisfits = (line: object): string[] =>
  misfits(String((line as { type?: unknown }).type), line)

function misfit(types: readonly string[], value: unknown, path: string): string[] {
  const attempts = types.map((type) => ofType(type, types, value, path))
  return attempts.find((found) => found.length === 0) ?? attempts[0] ?? [path]
}

function ofType(type: string, types: readonly string[], value: unknown, path: string): string[] {
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${path} is no list`]
    const each = types.filter((one) => one.endsWith('[]')).map((one) => one.slice(0, -2))
    return value.flatMap((item, index) => misfit(each, item, `${path}[${index}]`))
  }
  const is = (fits: boolean): string[] => (fits ? [] : [`${path} is no ${type}`])
  if (type === 'json') return []
  if (type === 'text') return is(typeof value === 'string')
  if (type === 'number') return is(typeof value === 'number')
  if (type === 'true') return is(value === true)
  if (type === 'false') return is(value === false)
  if (type === 'null') return is(value === null)
  if (type.startsWith('"')) return is(value === JSON.parse(type))
  return misfits(type, value, path)
}
