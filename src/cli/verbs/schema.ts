/** `daybook schema`: the collections of a file, their versions, indexes and fields. */

import type { Program } from '../../drivers/program.js'
import { controlsOf } from '../../log/controls.js'
import { formatPosition } from '../../log/entry.js'
import { versionsSeen } from '../../log/schema-entries.js'
import { indexesOf } from '../../materializer/indexes.js'
import { listCollections } from '../../materializer/registry.js'
import { type FieldShape, shapeOf } from '../../materializer/shape.js'
import type { Cli } from '../cli.js'
import { wholeNumber } from '../options.js'
import { jsonOption, verb } from '../verb.js'

/** Rows that are looked at to tell what fields there are. */
const SAMPLE = 1000

interface CollectionSchema {
  readonly id: string
  readonly rowTable: string
  readonly schemaVersion: number
  readonly versions: readonly { readonly from: number; readonly to: number; readonly position: string }[]
  readonly indexes: readonly (readonly string[])[]
  readonly sampled: number
  readonly fields: readonly FieldShape[]
}

function* lookAtSchema(sample: number): Program<CollectionSchema[]> {
  const seen = yield* versionsSeen()
  const schemas: CollectionSchema[] = []
  for (const { collection, rowTable } of yield* listCollections()) {
    const { rows, fields } = yield* shapeOf(rowTable, sample)
    schemas.push({
      id: collection,
      rowTable,
      schemaVersion: (yield* controlsOf(collection)).schemaVersion,
      versions: seen
        .filter((each) => each.collection === collection)
        .map(({ from, to, position }) => ({ from, to, position: formatPosition(position) })),
      indexes: yield* indexesOf(collection),
      sampled: rows,
      fields,
    })
  }
  return schemas
}

export default (cli: Cli) =>
  verb(
    'schema',
    'The collections: the schema versions that the log has seen, indexes, and the fields of rows.',
    [
      ['daybook schema app.db', 'what is in this file'],
      ['daybook schema app.db --json', 'the same for a program'],
    ],
  )
    .argument('<file>', 'the database')
    .option('--sample <n>', `look at so many rows of each collection (${SAMPLE})`, wholeNumber)
    .addOption(jsonOption())
    .action((path, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const collections = await file.inspect(() => lookAtSchema(options.sample ?? SAMPLE))
        if (out.format === 'json') {
          await out.object({ file: path, collections })
          return
        }
        for (const each of collections) {
          const versions = each.versions.map(({ from, to, position }) => `${from} → ${to} at ${position}`)
          await out.line(out.colours.bold(each.id))
          await out.table([
            ['  row table', each.rowTable],
            ['  schema version', [each.schemaVersion, ...versions].join(', ')],
            ['  indexes', each.indexes.map((index) => index.join('.')).join(', ') || 'none'],
          ])
          const fields = each.fields.map(({ field, types, rows }) => [
            `    ${field}`,
            types.join(' | '),
            rows === each.sampled ? '' : `in ${rows} of ${each.sampled} rows`,
          ])
          if (fields.length > 0) await out.table(fields)
          await out.line()
        }
      }),
    )
