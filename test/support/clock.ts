/** The simulation's clock, under the name that the tests know it by. */

export { turn, VirtualClock as FakeClock } from '../../src/testing/simulation/virtual-clock.js'
