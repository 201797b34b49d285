/** The adapter for a source. */

import { identified } from '../identity.js'
import type { AdapterContext, SourceAdapter } from './adapter.js'
import { isElectricSource, isQuerySource } from './detect.js'
import { ElectricAdapter } from './electric.js'
import { queryAdapter } from './query.js'

export function adapterOf(context: AdapterContext): SourceAdapter {
  if (isQuerySource(context)) return queryAdapter(context)
  if (isElectricSource(context)) return new ElectricAdapter(context)
  return plainAdapter(context)
}

/** A source of which daybook knows nothing but the protocol. */
const plainAdapter = ({ identity }: AdapterContext): SourceAdapter => ({
  identify: async (stored) => identified(identity, stored),
})
