import { describe, expect, it } from 'vitest'
import { EFBIG, EMSGSIZE, ENOBUFS, OK } from '../../../../src/sim/kernel/errno.ts'
import type { NicProfile } from '../../../../src/sim/lab/nic-profile.ts'
import { BUILTIN_NICS } from '../../../../src/shared/profiles/builtin-nics.ts'
import { NicBench } from './nic-bench.ts'
import type { Piece } from './nic-bench.ts'

const GIB = 2 ** 30
const cluster = (bytes: number): Piece => ({ bytes, page: -1, offset: 0 })

describe('the NIC driver', () => {
  it('writes one descriptor for each segment: address, length, command', () => {
    const bench = new NicBench('em-1g')
    const [page] = bench.takePages(1, 5 * GIB, 6 * GIB) as [number]
    const before = new Set<number>()
    const { packet } = bench.packet([cluster(54), { bytes: 100, page, offset: 8 }], 1)
    const write32 = bench.machine.memory.write32.bind(bench.machine.memory)
    const words: number[] = []
    bench.machine.memory.write32 = (address, value) => {
      before.add(address)
      words.push(value >>> 0)
      write32(address, value)
    }
    const head = packet.data[0]! - 0x8000_0000_0000
    expect(bench.nic.driver.nic_encap(packet)).toBe(OK)
    const data = page * 4096 + 8
    expect(words).toEqual([
      head % 2 ** 32,
      Math.floor(head / 2 ** 32),
      54 | (0x02 << 24),
      0,
      data % 2 ** 32,
      1,
      100 | (0x0b << 24),
      0,
    ])
    const ring = Math.min(...before)
    expect([...before]).toEqual([0, 4, 8, 12, 16, 20, 24, 28].map((offset) => ring + offset))
  })

  it('frees what it sent, external storage included', () => {
    const bench = new NicBench('em-1g')
    const free = bench.mbufs.free
    const [page] = bench.takePages(1, 0, GIB) as [number]
    const { packet, bytes } = bench.packet([cluster(54), { bytes: 1400, page, offset: 0 }], 1)
    bench.nic.driver.nic_encap(packet)
    expect([bench.freed, bench.mbufs.free]).toEqual([[], free - 1])
    bench.settle()
    expect(bench.frames).toEqual([bytes])
    expect([bench.freed, bench.mbufs.free]).toEqual([[1001], free])
    expect(bench.nic.driver.stats).toMatchObject({ opackets: 1, obytes: 1454, oerrors: 0 })
  })

  it.each([
    ['em-1g', 81_274],
    ['ix-10g', 812_744],
  ])('keeps the wire of %s full: %i frames of 1518 bytes a second, and few interrupts', (name, due) => {
    const bench = new NicBench(name, {}, 'dmalab', 2048)
    const { driver } = bench.nic
    let left = 3000
    const send = (): void => {
      for (; left > 0; left--) {
        const packet = bench.mbufs.m_gethdr()
        bench.mbufs.m_getcl(packet, 1514)
        if (driver.nic_encap(packet) === ENOBUFS) {
          bench.mbufs.m_freem(packet)
          return
        }
      }
    }
    let rooms = 0
    driver.room = () => {
      rooms++
      send()
    }
    send()
    bench.settle()
    expect(bench.frames).toHaveLength(3000)
    const { times } = bench
    expect((2999 * 1e9) / (times[2999]! - times[0]!)).toBeCloseTo(due, -1)
    expect(rooms).toBeGreaterThan(10)
    expect(rooms).toBeLessThan(3000 / 5)
    expect(driver.stats.full).toBe(rooms)
  })

  it('turns callers away when the ring is full, and calls them when there is room', () => {
    const bench = new NicBench('em-1g', { ring: 16, interrupts: { commands: 1, ns: 0 } })
    const { driver } = bench.nic
    for (let i = 0; i < 15; i++) expect(driver.nic_encap(bench.packet([cluster(60)], i).packet)).toBe(OK)
    const { packet, bytes } = bench.packet([cluster(60)], 99)
    expect(driver.nic_encap(packet)).toBe(ENOBUFS)
    let called = 0
    driver.room = () => {
      called++
      expect(driver.nic_encap(packet)).toBe(OK)
    }
    bench.settle()
    expect(called).toBe(1)
    expect(bench.frames[15]).toEqual(bytes)
    expect(driver.stats).toMatchObject({ opackets: 16, full: 1 })
  })

  it('copies a frame in too many pieces into one cluster, once', () => {
    const bench = new NicBench('em-1g')
    const [page] = bench.takePages(1, 0, GIB) as [number]
    const pieces = Array.from({ length: 65 }, (_, i) => ({ bytes: 20, page, offset: i * 40 }))
    const { packet, bytes } = bench.packet(pieces, 3)
    expect(bench.nic.driver.nic_encap(packet)).toBe(OK)
    expect(packet.count).toBe(1)
    expect(bench.freed).toHaveLength(65)
    bench.settle()
    expect(bench.frames).toEqual([bytes])
    expect(bench.nic.driver.stats).toMatchObject({ defrags: 1, opackets: 1, oerrors: 0 })
  })

  it('drops a frame in too many pieces when no cluster is left', () => {
    const bench = new NicBench('em-1g', {}, 'dmalab', 1)
    const [page] = bench.takePages(1, 0, GIB) as [number]
    const pieces = Array.from({ length: 65 }, (_, i) => ({ bytes: 20, page, offset: i * 40 }))
    const holder = bench.packet([cluster(60)], 1).packet
    expect(bench.nic.driver.nic_encap(bench.packet(pieces, 3).packet)).toBe(EFBIG)
    expect(bench.nic.driver.stats).toMatchObject({ defrags: 0, oerrors: 1 })
    expect(bench.freed).toHaveLength(65)
    bench.mbufs.m_freem(holder)
    expect(bench.mbufs.free).toBe(1)
    expect(() => bench.mbufs.m_freem(holder)).toThrow(/free/)
  })

  it('drops frames longer than the link takes', () => {
    const bench = new NicBench('em-1g')
    expect(bench.nic.driver.nic_encap(bench.packet([cluster(1515)], 1).packet)).toBe(EMSGSIZE)
    expect(bench.nic.driver.nic_encap(bench.packet([], 1).packet)).toBe(EMSGSIZE)
    expect(bench.nic.driver.nic_encap(bench.packet([cluster(1514)], 1).packet)).toBe(OK)
    expect(bench.nic.driver.stats.oerrors).toBe(2)
  })

  it('waits for bounce pages while others have them, and bounces what the tag does not reach', () => {
    const tags = [{ ...BUILTIN_NICS.get('em-1g')!.tags[0]!, lowaddr: 0xffff_ffff, maxsize: 4096 }]
    const bench = new NicBench('em-1g', { tags, ring: 8, addressBits: 32 })
    const [page] = bench.takePages(1, 5 * GIB, 6 * GIB) as [number]
    const packets = Array.from({ length: 30 }, (_, i) => bench.packet([{ bytes: 1500, page, offset: 0 }], i))
    const waiting = [...packets]
    const send = (): void => {
      while (waiting.length > 0 && bench.nic.driver.nic_encap(waiting[0]!.packet) === OK) waiting.shift()
    }
    bench.nic.driver.room = send
    send()
    bench.settle()
    expect(bench.frames).toHaveLength(30)
    expect(bench.counters.bytesBounced).toBe(30 * 1500)
    bench.machine.sanitizer!.end()
    expect(bench.violations).toEqual([])
  })

  it('finds by its timer what was sent when an interrupt gets lost', () => {
    const bench = new NicBench('em-1g', { interrupts: { commands: 1, ns: 0 } })
    bench.nic.interrupt.loseNext()
    bench.nic.driver.nic_encap(bench.packet([cluster(100)], 1).packet)
    bench.settle()
    expect(bench.nic.driver.stats).toMatchObject({ opackets: 1, oerrors: 0, resets: 0 })
    expect(bench.counters.commandTimeouts).toBe(1)
  })

  it('resets an adapter that does not move, drops its frames and goes on', () => {
    const bench = new NicBench('em-1g')
    const { driver, controller } = bench.nic
    for (let i = 0; i < 3; i++) driver.nic_encap(bench.packet([cluster(100)], i).packet)
    controller.reset()
    bench.settle()
    expect(driver.stats).toMatchObject({ opackets: 0, oerrors: 3, resets: 1 })
    const { packet, bytes } = bench.packet([cluster(100)], 9)
    driver.nic_encap(packet)
    bench.settle()
    expect(bench.frames).toEqual([bytes])
    expect(bench.mbufs.free).toBe(512)
  })
})

describe('a driver whose tag reaches further than its adapter', () => {
  it.each(['dmalab', 'dragonfly-2020', 'dragonfly-2004'] as const)(
    'loses the frames that lie beyond, and says so, with the BUSDMA of %s',
    (busdma) => {
      const bench = new NicBench('bfe-wrong-tag', {}, busdma)
      const [low] = bench.takePages(1, 0, GIB - 1) as [number]
      const [high] = bench.takePages(1, 2 * GIB, 3 * GIB) as [number]
      const good = bench.packet([{ bytes: 200, page: low, offset: 0 }], 1)
      const bad = bench.packet(
        [
          { bytes: 200, page: low, offset: 1000 },
          { bytes: 200, page: high, offset: 0 },
        ],
        2,
      )
      bench.nic.driver.nic_encap(good.packet)
      bench.nic.driver.nic_encap(bad.packet)
      bench.settle()
      expect(bench.frames).toHaveLength(1)
      expect(bench.nic.driver.stats).toMatchObject({ opackets: 1, oerrors: 1 })
      expect(bench.nic.bus.faults).toBe(1)
      expect(bench.violations.join()).toMatch(/^dma-out-of-reach/)
    },
  )

  it('sends everything once the tag is right', () => {
    const profile = BUILTIN_NICS.get('bfe-wrong-tag')!
    const mended: Partial<NicProfile> = { tags: [{ ...profile.tags[0]!, lowaddr: 2 ** 30 - 1 }] }
    const bench = new NicBench('bfe-wrong-tag', mended)
    const [high] = bench.takePages(1, 2 * GIB, 3 * GIB) as [number]
    const { packet, bytes } = bench.packet([{ bytes: 200, page: high, offset: 0 }], 2)
    bench.nic.driver.nic_encap(packet)
    bench.settle()
    expect(bench.frames).toEqual([bytes])
    expect(bench.violations).toEqual([])
  })
})
