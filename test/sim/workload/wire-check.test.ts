import { describe, expect, it } from 'vitest'
import { writeStamp } from '../../../src/sim/engine/sector-stamp.ts'
import { FRAME_HEADER_BYTES, FrameHeader } from '../../../src/sim/kernel/net/frame-header.ts'
import { Ledger } from '../../../src/sim/workload/ledger.ts'
import { WireCheck } from '../../../src/sim/workload/wire-check.ts'

const SECTORS = 8
const PAYLOAD = 1460

/** A file of 8 sectors, of which stream 0 sends one frame that begins in the middle of a sector. */
function sent(writtenBefore: number) {
  const ledger = new Ledger()
  const words = new Int32Array(SECTORS * 128)
  const write = (sector: number): void => ledger.write(sector, words, sector * 128)
  for (let version = 0; version < writtenBefore; version++)
    for (let sector = 0; sector < SECTORS; sector++) write(sector)
  if (writtenBefore === 0)
    for (let sector = 0; sector < SECTORS; sector++) writeStamp(words, sector * 128, sector, 0)
  const wire = new WireCheck(ledger, true, 1, PAYLOAD)
  const offset = 700
  wire.given(0, 0, SECTORS * 512)
  wire.appended(0, 5, offset, offset, 1000)
  wire.appended(0, 5, offset, offset + 1000, PAYLOAD - 1000)
  const frame = new Uint8Array(FRAME_HEADER_BYTES + PAYLOAD)
  const header = new FrameHeader()
  header.set(5, offset, PAYLOAD)
  frame.set(header.bytes)
  const fetch = (): void => frame.set(new Uint8Array(words.buffer, offset, PAYLOAD), FRAME_HEADER_BYTES)
  return { ledger, wire, write, fetch, frame }
}

describe('the other end of the wire', () => {
  it.each([0, 3])('takes the bytes of the file in version %i', (version) => {
    const { ledger, wire, fetch, frame } = sent(version)
    fetch()
    wire.receive(frame, frame.length)
    expect(ledger.errors).toBe(0)
    expect(wire).toMatchObject({ frames: 1, bytes: PAYLOAD })
  })

  it('takes a sector that was written to after its page was given away, as it was and as it is', () => {
    for (const fetchesFirst of [true, false]) {
      const { ledger, wire, write, fetch, frame } = sent(1)
      if (fetchesFirst) fetch()
      write(2)
      if (!fetchesFirst) fetch()
      wire.receive(frame, frame.length)
      expect(ledger.errors).toBe(0)
    }
  })

  it('refuses what the sector held before its page was given away', () => {
    const { ledger, wire, frame } = sent(2)
    const words = new Int32Array(SECTORS * 128)
    for (let sector = 0; sector < SECTORS; sector++) writeStamp(words, sector * 128, sector, 1)
    frame.set(new Uint8Array(words.buffer, 700, PAYLOAD), FRAME_HEADER_BYTES)
    wire.receive(frame, frame.length)
    // 324 bytes of sector 1, sectors 2 and 3, 112 bytes of sector 4.
    expect(ledger.errors).toBe(4)
  })

  it.each([0, 323, 324, 1459])('sees one wrong byte at %i', (at) => {
    const { ledger, wire, fetch, frame } = sent(1)
    fetch()
    frame[FRAME_HEADER_BYTES + at]! ^= 1
    wire.receive(frame, frame.length)
    expect(ledger.errors).toBe(1)
  })

  it('says nothing about a sector whose write failed', () => {
    const { ledger, wire, fetch, frame } = sent(1)
    fetch()
    ledger.writeFailed(3)
    frame[FRAME_HEADER_BYTES + 900]! ^= 1
    wire.receive(frame, frame.length)
    expect(ledger.errors).toBe(0)
  })

  it('counts a frame that nobody meant to send', () => {
    const { ledger, wire, fetch, frame } = sent(1)
    fetch()
    wire.receive(frame, frame.length - 4)
    frame[12] = 0
    wire.receive(frame, frame.length)
    expect(ledger.errors).toBe(2)
  })
})
