/** The worker of daybook on a faulty channel. */

// First: what comes after it is to find the channel faulty.
import './faulty-by-name.js'

import 'daybook-dist/browser-worker.js'
