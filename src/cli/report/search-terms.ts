/**
 * What somebody types into the search: words, each of which an entry must have somewhere, and `collection:`, `kind:`,
 * `origin:` and `key:` with a value, in quotes where it has spaces.
 */

export const FIELDS = ['collection', 'kind', 'origin', 'key'] as const
export type QueryField = (typeof FIELDS)[number]

export interface Term {
  /** Without one it is a word to be found anywhere. */
  readonly field: QueryField | undefined
  readonly value: string
}

export function parseQuery(text: string): Term[] {
  const terms: Term[] = []
  for (const [, field, quoted, bare] of text.matchAll(/(?:(\w+):)?(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    const value = quoted === undefined ? (bare ?? '') : unquoted(quoted)
    const known = FIELDS.find((name) => name === field)
    // `3:1041` and `note:x` are words like any other.
    terms.push({
      field: known,
      value: known === undefined && field !== undefined ? `${field}:${value}` : value,
    })
  }
  return terms
}

const unquoted = (text: string): string => text.replaceAll(/\\(.)/g, '$1')

export const termText = (field: QueryField, value: string): string =>
  `${field}:${/^[^\s"]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`}`

/** The same query with another value for a field, or without it. */
export function withTerm(text: string, field: QueryField, value: string | undefined): string {
  const others = parseQuery(text).filter((term) => term.field !== field)
  const texts = others.map((term) =>
    term.field === undefined
      ? /\s/.test(term.value)
        ? `"${term.value}"`
        : term.value
      : termText(term.field, term.value),
  )
  return [...texts, ...(value === undefined ? [] : [termText(field, value)])].join(' ')
}

export const valueAsked = (text: string, field: QueryField): string | undefined =>
  parseQuery(text).find((term) => term.field === field)?.value
