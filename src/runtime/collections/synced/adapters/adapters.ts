/** The adapter for a source. */

import { identified } from '../identity.js'
import type { AdapterContext, SourceAdapter } from './adapter.js'
import { isQuerySource } from './detect.js'
import { queryAdapter } from './query.js'

export const adapterOf = (context: AdapterContext): SourceAdapter =>
  isQuerySource(context) ? queryAdapter(context) : plainAdapter(context)

/** A source of which daybook knows nothing but the protocol. */
const plainAdapter = ({ identity }: AdapterContext): SourceAdapter => ({
  identify: async (stored) => identified(identity, stored),
})
