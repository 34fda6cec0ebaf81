import { encode, ExtData } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHostFrame, decodeRequest, encodeFrame } from '../../../src/shared/ipc/wire.ts'

const series = (values: readonly number[]): Float64Array => Float64Array.from(values)

describe('frames of the page', () => {
  it('carries a request with bytes in its input', () => {
    const input = { suggestedName: 'a.csv', data: new Uint8Array([0, 255, 7]) }
    const frame = decodeRequest(encodeFrame({ id: 7, channel: 'export.save', input }))
    expect(frame.id).toBe(7)
    expect(frame.channel).toBe('export.save')
    expect(frame.input).toEqual({ suggestedName: 'a.csv', data: new Uint8Array([0, 255, 7]) })
  })

  it('leaves undefined properties out', () => {
    const frame = decodeRequest(
      encodeFrame({ id: 1, channel: 'files.pick', input: { purpose: 'open', suggestedName: undefined } }),
    )
    expect(Object.keys(frame.input as object)).toEqual(['purpose'])
  })

  it.each([
    ['a list', [1, 2]],
    ['no id', { channel: 'app.info', input: {} }],
    ['a broken id', { id: 0.5, channel: 'app.info', input: {} }],
    ['no channel', { id: 1, input: {} }],
  ])('refuses %s', (_, value) => {
    expect(() => decodeRequest(encode(value))).toThrow(TypeError)
  })

  it('refuses bytes that are no MessagePack', () => {
    expect(() => decodeRequest(new Uint8Array([0xc1]))).toThrow()
  })
})

describe('frames of the host', () => {
  it('carries every float64 of a series bit for bit', () => {
    fc.assert(
      fc.property(fc.float64Array({ maxLength: 64 }), (values) => {
        const frame = decodeHostFrame(encodeFrame({ id: 1, answer: { ok: true, value: { values } } }))
        const back = (frame as { answer: { value: { values: Float64Array } } }).answer.value.values
        expect(back).toBeInstanceOf(Float64Array)
        expect(new Uint8Array(back.buffer)).toEqual(new Uint8Array(values.slice().buffer))
      }),
    )
  })

  it('sends the elements in little-endian order as extension type 1', () => {
    const bytes = encodeFrame({ id: 1, answer: { ok: true, value: series([1]) } })
    const extension = [0xd7, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
    expect([...bytes.slice(-extension.length)]).toEqual(extension)
  })

  it('carries a view of part of a buffer without the rest', () => {
    const part = series([1, 2, 3, 4]).subarray(1, 3)
    const frame = decodeHostFrame(encodeFrame({ id: 1, answer: { ok: true, value: part } }))
    expect((frame as { answer: { value: Float64Array } }).answer.value).toEqual(series([2, 3]))
  })

  it('carries an event', () => {
    const event = { event: 'menu.command', payload: { command: 'run.start' } } as const
    expect(decodeHostFrame(encodeFrame(event))).toEqual(event)
  })

  it('refuses a series that is cut short', () => {
    const bytes = encode({ id: 1, answer: { ok: true, value: new ExtData(1, new Uint8Array(12)) } })
    expect(() => decodeHostFrame(bytes)).toThrow(/12 bytes/)
  })

  it('refuses a frame that is neither an answer nor an event', () => {
    expect(() => decodeHostFrame(encode({ id: 1 }))).toThrow(/answer or an event/)
  })
})
