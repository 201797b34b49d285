/** Makes BroadcastChannel lose, double, delay and reorder messages, by dice that a seed has thrown, until `perfect` is said. */

let isPerfect = false

export function makeFaulty(seed: number): void {
  let state = seed
  const dice = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state / 2 ** 32
  }
  const post = BroadcastChannel.prototype.postMessage
  new BroadcastChannel('faults').onmessage = () => {
    isPerfect = true
  }
  BroadcastChannel.prototype.postMessage = function (this: BroadcastChannel, message: unknown) {
    if (isPerfect || this.name === 'faults') return post.call(this, message)
    const times = dice() < 0.2 ? 0 : dice() < 0.2 ? 2 : 1
    for (let n = 0; n < times; n++) {
      setTimeout(
        () => {
          // A channel that was closed meanwhile loses what was on its way.
          try {
            post.call(this, message)
          } catch {}
        },
        dice() < 0.5 ? 0 : dice() * 300,
      )
    }
  }
}
