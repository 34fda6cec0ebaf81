import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENOBUFS, OK } from '../../../../src/sim/kernel/errno.ts'
import type { NicProfile } from '../../../../src/sim/lab/nic-profile.ts'
import { BUILTIN_NICS } from '../../../../src/shared/profiles/builtin-nics.ts'
import { NicBench } from './nic-bench.ts'

const GIB = 2 ** 30
const base = BUILTIN_NICS.get('em-1g')!
const CASES: readonly (readonly [string, Partial<NicProfile>])[] = [
  ['em', { mtu: 9000 }],
  ['em of 32 bits', { mtu: 9000, addressBits: 32, tags: [{ ...base.tags[0]!, lowaddr: 0xffff_ffff }] }],
  [
    'few, short segments',
    { mtu: 9000, ring: 24, tags: [{ ...base.tags[0]!, nsegments: 10, maxsegsz: 1024 }] },
  ],
]

const PIECES = 14
const PACKETS = 6

const piece = fc.record({
  bytes: fc.oneof(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 1, max: 2048 })),
  /** In a cluster, or in external storage of one of three regions of memory. */
  place: fc.integer({ min: -1, max: 2 }),
  offset: fc.integer({ min: 0, max: 4095 }),
})
const chains = fc.array(fc.array(piece, { minLength: 1, maxLength: PIECES }), {
  minLength: 1,
  maxLength: PACKETS,
})

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

describe.each(['dmalab', 'dragonfly-2020'] as const)('random chains with the BUSDMA of %s', (busdma) => {
  it.each(CASES)('come out as frames with exactly their bytes, in order: %s', (_name, changes) => {
    const bench = new NicBench('em-1g', changes, busdma)
    // Two pages for each mbuf of each packet in each region, so that data crosses from page to page.
    const regions = [
      bench.takePages(2 * PIECES * PACKETS, 0, 2 * GIB),
      bench.takePages(2 * PIECES * PACKETS, 2 * GIB, 4 * GIB),
      bench.takePages(2 * PIECES * PACKETS, 5 * GIB, 7 * GIB),
    ]
    const { maxsegsz } = (changes.tags ?? base.tags)[0]!
    const free = bench.mbufs.free
    const write32 = bench.machine.memory.write32.bind(bench.machine.memory)
    let lengthsSeen = 0
    bench.machine.memory.write32 = (address, value) => {
      if ((address & 15) === 8) {
        lengthsSeen++
        const length = value & 0xffff
        if (length === 0 || length > maxsegsz) throw new Error(`a descriptor of ${length} bytes`)
      }
      write32(address, value)
    }
    let salt = 0
    let waits = 0
    fc.assert(
      fc.property(chains, (shapes) => {
        bench.frames.length = 0
        bench.freed.length = 0
        const due: Uint8Array[] = []
        let external = 0
        for (const [number, shape] of shapes.entries()) {
          const pieces = shape.map(({ bytes, place, offset }, i) =>
            place < 0
              ? { bytes, page: -1, offset: offset % (2049 - bytes) }
              : { bytes, page: regions[place]![2 * (number * PIECES + i)]!, offset },
          )
          const { packet, bytes } = bench.packet(pieces, ++salt)
          external += pieces.filter((one) => one.page >= 0).length
          if (packet.packetLength === 0 || packet.packetLength > 9014) {
            bench.mbufs.m_freem(packet)
            continue
          }
          let error = bench.send(packet)
          if (error === ENOBUFS) {
            waits++
            bench.settle()
            error = bench.send(packet)
          }
          expect(error).toBe(OK)
          due.push(bytes)
        }
        bench.settle()
        expect(bench.frames).toHaveLength(due.length)
        expect(due.findIndex((bytes, i) => !same(bench.frames[i], bytes))).toBe(-1)
        expect(bench.freed).toHaveLength(external)
      }),
      { numRuns: 400 },
    )
    expect(lengthsSeen).toBeGreaterThan(1000)
    if (changes.ring !== undefined) expect(waits).toBeGreaterThan(10)
    expect(bench.mbufs.free).toBe(free)
    expect(bench.nic.driver.inRing).toBe(0)
    expect(bench.nic.driver.stats.oerrors).toBe(0)
    bench.machine.sanitizer!.end()
    expect(bench.violations).toEqual([])
  })
})
