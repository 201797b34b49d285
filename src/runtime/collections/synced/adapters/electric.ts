/**
 * Electric (@tanstack/electric-db-collection 0.4): a shape of a table, which goes on from a token among the collection's
 * metadata.
 *
 * The shape is the collection's identity. On demand it drops updates of rows that it does not find in memory; here it finds
 * every row, so that those that are only on disk are patched there.
 */

import { type Identified, type Identity, identified } from '../identity.js'
import type { AdapterContext, SourceAdapter, UnknownUpdate } from './adapter.js'
import { type Probed, probeShape } from './electric-probe.js'
import { ELECTRIC_TOKEN, type ElectricToken, hasWholeUpdates, tokenFrom } from './electric-token.js'

export class ElectricAdapter implements SourceAdapter {
  /** It notes headers of the protocol, and never reads them. */
  readonly forgetsRowMetadata = true
  readonly deletesWhatIsGone = true
  readonly findsEveryRow: boolean
  readonly #context: AdapterContext
  /** What was found out of shapes; the options stay the same. */
  readonly #probed = new Map<string, Probed>()
  #hasWholeUpdates = false
  /** The session began with a token to go on from. */
  #resumes = false

  constructor(context: AdapterContext) {
    this.#context = context
    this.findsEveryRow = context.onDemand
  }

  /** The rows are those of the shape in their token; before there is one, of a table. */
  async identify(stored: Identity): Promise<Identified> {
    const { identity, source } = this.#context
    if (identity !== undefined) return identified(identity, stored)
    const table = tableOf(source)
    if (stored === undefined || stored.startsWith(TABLE))
      return { identity: table, isSame: stored === undefined || stored === table }
    const { isSame } = this.#probe(stored)
    return { identity: isSame ? stored : table, isSame }
  }

  identityIn(name: string, value: unknown): Identity {
    const token = name === ELECTRIC_TOKEN ? tokenFrom(value) : undefined
    if (token?.kind !== 'resume') return undefined
    this.#hasWholeUpdates = hasWholeUpdates(token.shapeId)
    return this.#context.identity === undefined ? token.shapeId : undefined
  }

  isPlace(name: string, value: unknown): boolean {
    return name === ELECTRIC_TOKEN && tokenFrom(value)?.kind === 'resume'
  }

  begin(): void {
    const token = this.#token
    this.#resumes = token?.kind === 'resume'
    if (token?.kind === 'resume') this.#hasWholeUpdates = hasWholeUpdates(token.shapeId)
  }

  unknownUpdate(): UnknownUpdate {
    return this.#hasWholeUpdates ? 'is a row' : 'names fields'
  }

  /** Progressive mode, which options do not tell from on demand, is eager once it has everything. */
  needsAllRows(): boolean {
    const token = this.#token
    return token?.kind === 'resume' && this.#probe(token.shapeId).needsAllRows
  }

  /** On demand it begins with what changes from now on where it has no token that it can use, and leaves the rows. */
  leavesOldRows(): boolean {
    if (!this.#context.onDemand) return false
    const token = this.#token
    return token === undefined || (token.kind === 'resume' && !this.#probe(token.shapeId).isSame)
  }

  /** It met an update of a row that it does not know, has reset its token and ended its stream. */
  canBeginAgain(error: unknown): boolean {
    return this.#resumes && this.#token?.kind === 'reset' && says(error, 'a full snapshot is required')
  }

  /** It fetches the whole shape, because its token cannot be used, and refuses to be asked for a part of it. */
  comesWithEverything(error: unknown): boolean {
    return says(error, 'not supported in full mode')
  }

  get #token(): ElectricToken | undefined {
    return tokenFrom(this.#context.nameOf(ELECTRIC_TOKEN))
  }

  #probe(shapeId: string): Probed {
    let probed = this.#probed.get(shapeId)
    if (probed === undefined) {
      probed = probeShape(this.#context.unbound, shapeId)
      this.#probed.set(shapeId, probed)
    }
    return probed
  }
}

/** Begins the identity of a shape of which only the table is known; a shape is told by a text of JSON. */
const TABLE = 'table:'

function tableOf(source: AdapterContext['source']): Identity {
  const { relation } = source.getSyncMetadata?.() ?? {}
  const table: unknown = Array.isArray(relation) ? relation.at(-1) : undefined
  return typeof table === 'string' ? TABLE + table : undefined
}

const says = (error: unknown, text: string): boolean => error instanceof Error && error.message.includes(text)
