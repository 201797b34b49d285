import { fromBase64, toBase64 } from './base64.js'
import { text, type ValueType, WrongValue } from './type.js'

/**
 * Bytes, as base64. A view keeps the bytes that it shows, not the rest of its buffer; a Node Buffer comes back as the
 * Uint8Array that it is. Elements are stored in the byte order of the machine, which is the same wherever there is
 * JavaScript in practice.
 */

const arrayBufferType: ValueType<ArrayBuffer> = {
  name: 'ArrayBuffer',
  encode(buffer) {
    byteLengthOf.call(buffer) // Throws for what only looks like a buffer; Uint8Array would find it empty.
    if ('resizable' in buffer && buffer.resizable) {
      throw new WrongValue('it is an ArrayBuffer that can be resized; take a slice() of it')
    }
    return toBase64(new Uint8Array(buffer))
  },
  decode: (json) => fromBase64(text(json)).buffer,
}

const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get as (
  this: ArrayBuffer,
) => number

type View = new (buffer: ArrayBuffer) => ArrayBufferView

const viewType = (name: string): ValueType<ArrayBufferView> => ({
  name,
  encode(view) {
    if (!ArrayBuffer.isView(view)) throw new WrongValue(`it only looks like a ${name}`)
    if (Object.prototype.toString.call(view.buffer) === '[object SharedArrayBuffer]') {
      throw new WrongValue('it is a view of a SharedArrayBuffer')
    }
    return toBase64(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  },
  decode(json) {
    const viewClass: unknown = Reflect.get(globalThis, name)
    if (typeof viewClass !== 'function') throw new WrongValue(`this runtime has no ${name}`)
    return new (viewClass as View)(fromBase64(text(json)).buffer)
  },
})

const views = [
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'BigUint64Array',
  'BigInt64Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'DataView',
]

export const binaryTypes: readonly ValueType[] = [arrayBufferType, ...views.map(viewType)]
