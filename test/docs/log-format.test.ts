import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { chain, digest, GENESIS } from '../../src/log/checksum.js'
import { opsText, redactedPart } from '../../src/log/redacted-part.js'
import { LOG_SCHEMA } from '../../src/log/tables.js'
import { MATERIALIZER_SCHEMA } from '../../src/materializer/tables.js'

const page = readFileSync(new URL('../../docs/log-format.md', import.meta.url), 'utf8')

/** The cells of the worked example's table, by the name of the row. */
const example = new Map(
  [...page.matchAll(/^\| ([a-z_, ]+) \| `?(.*?)`? \| `?(.*?)`? \|$/gm)].map(([, name, one, two]) => [
    name,
    [one, two],
  ]),
)

test('the worked example is what the code computes', () => {
  let previous = GENESIS
  for (const entry of [0, 1]) {
    const cell = (name: string): string => example.get(name)?.[entry] as string
    const [term, kind] = cell('term, kind').split(', ') as [string, string]
    const [origin, originSeq] = cell('origin, origin_seq').split(', ') as [string, string]
    const [committedAt, format] = cell('committed_at, format').split(', ') as [string, string]
    const bodyDigest = digest(cell('body'))
    expect(bodyDigest).toBe(cell('digest of the body'))
    const checksum = chain(previous, {
      seq: entry + 1,
      term: Number(term),
      kind,
      origin,
      originSeq: Number(originSeq),
      committedAt: Number(committedAt),
      format: Number(format),
      digests: [bodyDigest],
    })
    expect(digest(cell('what is digested'))).toBe(checksum)
    expect(cell('checksum')).toBe(checksum)
    previous = checksum
  }
})

test('the redacted part is one', () => {
  const [, part] = /^ {4}(\{"was":.*)$/m.exec(page) as unknown as [string, string]
  expect(part).toBe(redactedPart(example.get('body')?.[1] as string, opsText(part)))
})

test('the page shows every table and column of the file', () => {
  for (const sql of [...LOG_SCHEMA, ...MATERIALIZER_SCHEMA]) {
    const table = /^CREATE TABLE (\w+)/.exec(sql)?.[1]
    if (table === undefined) continue
    const from = page.indexOf(`CREATE TABLE ${table} `)
    expect(from, table).toBeGreaterThan(-1)
    const shown = page.slice(from, page.indexOf('CREATE TABLE', from + 1))
    for (const [, column] of sql.matchAll(/^ {4}([a-z_]+) (?:INTEGER|TEXT)/gm))
      expect(shown, table).toContain(column)
  }
})
