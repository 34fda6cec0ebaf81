import { decode, encode, ExtensionCodec } from '@msgpack/msgpack'
import type { Answer, EventName, HostEvents } from './contract.ts'

/**
 * The frames that the browser host and its page exchange over a WebSocket: MessagePack, with Float64Array as extension
 * type 1 (its elements in little-endian order), so that a series crosses as bytes and comes back as a typed array.
 */

const FLOAT64_ARRAY = 1
const BYTES_PER_ELEMENT = 8

/** The page asks. `channel` and `input` are untrusted until the host has checked them. */
export interface RequestFrame {
  readonly id: number
  readonly channel: string
  readonly input: unknown
}

/** The host answers the request of the same id. */
export interface AnswerFrame {
  readonly id: number
  readonly answer: Answer<unknown>
}

/** The host tells something unasked. */
export type EventFrame = {
  [E in EventName]: { readonly event: E; readonly payload: HostEvents[E] }
}[EventName]

export type HostFrame = AnswerFrame | EventFrame

function encodeFloat64Array(value: unknown): Uint8Array | null {
  if (!(value instanceof Float64Array)) return null
  const bytes = new Uint8Array(value.length * BYTES_PER_ELEMENT)
  const view = new DataView(bytes.buffer)
  value.forEach((element, index) => view.setFloat64(index * BYTES_PER_ELEMENT, element, true))
  return bytes
}

function decodeFloat64Array(bytes: Uint8Array): Float64Array {
  if (bytes.byteLength % BYTES_PER_ELEMENT !== 0) {
    throw new RangeError(
      `a Float64Array of ${bytes.byteLength} bytes: a multiple of ${BYTES_PER_ELEMENT} is expected`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float64Array.from({ length: bytes.byteLength / BYTES_PER_ELEMENT }, (_, index) =>
    view.getFloat64(index * BYTES_PER_ELEMENT, true),
  )
}

const extensionCodec = new ExtensionCodec()
extensionCodec.register({ type: FLOAT64_ARRAY, encode: encodeFloat64Array, decode: decodeFloat64Array })

/** The bytes of one frame. Properties that are `undefined` are left out, as JSON does. */
export function encodeFrame(frame: RequestFrame | HostFrame): Uint8Array<ArrayBuffer> {
  return encode(frame, { extensionCodec, ignoreUndefined: true })
}

function decodeObject(bytes: Uint8Array | ArrayBuffer): Record<string, unknown> {
  const value = decode(bytes, { extensionCodec })
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('a frame is an object')
  return value as Record<string, unknown>
}

/**
 * Reads a frame of the page. The input is not checked here: it is the channel's own schema that knows it.
 * @throws Error (RangeError, TypeError or of the decoder) when the bytes are no request frame
 */
export function decodeRequest(bytes: Uint8Array | ArrayBuffer): RequestFrame {
  const { id, channel, input } = decodeObject(bytes)
  if (typeof id !== 'number' || !Number.isSafeInteger(id))
    throw new TypeError('the id of a request is an integer')
  if (typeof channel !== 'string') throw new TypeError('the channel of a request is a string')
  return { id, channel, input }
}

/**
 * Reads a frame of the host, whose content the page trusts.
 * @throws Error (RangeError, TypeError or of the decoder) when the bytes are neither an answer nor an event
 */
export function decodeHostFrame(bytes: Uint8Array | ArrayBuffer): HostFrame {
  const frame = decodeObject(bytes)
  if (typeof frame.event === 'string') return frame as unknown as EventFrame
  if (typeof frame.id === 'number' && typeof frame.answer === 'object') return frame as unknown as AnswerFrame
  throw new TypeError('a frame of the host is an answer or an event')
}
