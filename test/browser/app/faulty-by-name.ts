/** Makes the channel of a worker faulty; the worker's name is the seed. */

import { makeFaulty } from './faults.js'

makeFaulty(Number(self.name))
