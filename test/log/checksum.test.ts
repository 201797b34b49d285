/** The digest is MurmurHash3_x86_128, and the chain covers every field (L7). */

import { describe, expect, test } from 'vitest'
import { type Checked, chain, digest } from '../../src/log/checksum.js'
import { check, fc } from '../support/fc.js'

/** Another implementation, after the C++ original: over bytes, with BigInt, one operation a line. */
function murmur(bytes: Uint8Array): string {
  const u32 = (x: bigint): bigint => x & 0xffff_ffffn
  const rotl = (x: bigint, by: bigint): bigint => u32((x << by) | (x >> (32n - by)))
  const [c1, c2, c3, c4] = [0x239b961bn, 0xab0e9789n, 0x38b34ae5n, 0xa1e38b93n]
  const h = [0n, 0n, 0n, 0n]
  const mix = [
    (k: bigint): bigint => u32(rotl(u32(k * c1), 15n) * c2),
    (k: bigint): bigint => u32(rotl(u32(k * c2), 16n) * c3),
    (k: bigint): bigint => u32(rotl(u32(k * c3), 17n) * c4),
    (k: bigint): bigint => u32(rotl(u32(k * c4), 18n) * c1),
  ]
  const turns = [19n, 17n, 15n, 13n]
  const adds = [0x561ccd1bn, 0x0bcaa747n, 0x96cd1c35n, 0x32ac3b17n]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks = Math.floor(bytes.length / 16)
  for (let block = 0; block < blocks; block++) {
    for (let lane = 0; lane < 4; lane++) {
      h[lane]! ^= mix[lane]!(BigInt(view.getUint32(block * 16 + lane * 4, true)))
      h[lane] = rotl(h[lane]!, turns[lane]!)
      h[lane] = u32(h[lane]! + h[(lane + 1) % 4]!)
      h[lane] = u32(h[lane]! * 5n + adds[lane]!)
    }
  }
  const tail = bytes.subarray(blocks * 16)
  for (let lane = 3; lane >= 0; lane--) {
    let k = 0n
    for (let index = lane * 4; index < Math.min(lane * 4 + 4, tail.length); index++) {
      k |= BigInt(tail[index]!) << BigInt(8 * (index - lane * 4))
    }
    if (tail.length > lane * 4) h[lane]! ^= mix[lane]!(k)
  }
  const finish = (x: bigint): bigint => {
    let y = x
    y ^= y >> 16n
    y = u32(y * 0x85ebca6bn)
    y ^= y >> 13n
    y = u32(y * 0xc2b2ae35n)
    return y ^ (y >> 16n)
  }
  for (let lane = 0; lane < 4; lane++) h[lane]! ^= BigInt(bytes.length)
  h[0] = u32(h[0]! + h[1]! + h[2]! + h[3]!)
  for (const lane of [1, 2, 3]) h[lane] = u32(h[lane]! + h[0])
  for (const lane of [0, 1, 2, 3]) h[lane] = finish(h[lane]!)
  h[0] = u32(h[0]! + h[1]! + h[2]! + h[3]!)
  h[1] = u32(h[1]! + h[0])
  return h
    .slice(0, 2)
    .map((x) => x.toString(16).padStart(8, '0'))
    .join('')
}

/** UTF-16LE, lone surrogates and all. */
function units(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  for (let index = 0; index < text.length; index++) {
    bytes[index * 2] = text.charCodeAt(index) & 0xff
    bytes[index * 2 + 1] = text.charCodeAt(index) >> 8
  }
  return bytes
}

describe('the digest', () => {
  test.each([
    ['', '0000000000000000'],
    ['a', '033bb196ccef4fe1'],
    ['todos', '384dd5cfdf4fccdd'],
    ['daybook', '82f513fe2c744ee7'],
  ])('of %j is %s, as other implementations of MurmurHash3_x86_128 say', (text, expected) => {
    expect(digest(text)).toBe(expected)
    expect(murmur(units(text))).toBe(expected)
  })

  test('is MurmurHash3_x86_128 over UTF-16LE for any text', async () => {
    const text = fc.string({
      unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)),
      maxLength: 70,
    })
    await check(
      fc.property(text, (text) => {
        expect(digest(text)).toBe(murmur(units(text)))
      }),
      2000,
    )
  })

  test('is that of every length around its blocks', () => {
    for (let length = 0; length <= 40; length++) {
      const text = '\uffff\u0001é'.repeat(14).slice(0, length)
      expect(digest(text)).toBe(murmur(units(text)))
    }
  })
})

describe('the chain', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '1', ':', ',', '-'), maxLength: 3 })
  const number = fc.nat({ max: 12 })
  const entry: fc.Arbitrary<Checked> = fc.record({
    seq: number,
    term: number,
    kind: text,
    origin: text,
    originSeq: number,
    committedAt: number,
    format: number,
    digests: fc.array(text, { maxLength: 3 }),
  })

  test('differs wherever any field differs, also when the fields joined are the same text', async () => {
    await check(
      fc.property(text, entry, text, entry, (previous, left, otherPrevious, right) => {
        const same = JSON.stringify([previous, left]) === JSON.stringify([otherPrevious, right])
        expect(chain(previous, left) === chain(otherPrevious, right)).toBe(same)
      }),
      3000,
    )
  })

  test('differs when one field takes what its neighbour loses', () => {
    const base: Checked = {
      seq: 1,
      term: 1,
      kind: 'tx',
      origin: 'a',
      originSeq: 1,
      committedAt: 1,
      format: 1,
      digests: ['x', 'y'],
    }
    const sums = [
      chain('', base),
      chain('', { ...base, seq: 11, term: 1 }),
      chain('', { ...base, seq: 1, term: 11 }),
      chain('', { ...base, kind: 't', origin: 'xa' }),
      chain('', { ...base, digests: ['xy'] }),
      chain('', { ...base, digests: ['y', 'x'] }),
      chain('', { ...base, origin: 'a1', originSeq: 1 }),
      chain('', { ...base, origin: 'a', originSeq: 11 }),
      chain('1', base),
    ]
    expect(new Set(sums).size).toBe(sums.length)
  })
})
