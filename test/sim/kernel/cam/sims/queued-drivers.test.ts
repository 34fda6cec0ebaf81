import { describe, expect, it } from 'vitest'
import { dmalab } from '../../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import type { BusDmamap } from '../../../../../src/sim/kernel/busdma/map.ts'
import { NvmePrpLists } from '../../../../../src/sim/kernel/cam/sims/nvme-prp-lists.ts'
import { NvmeSim } from '../../../../../src/sim/kernel/cam/sims/nvme-sim.ts'
import { VirtioBlkSim } from '../../../../../src/sim/kernel/cam/sims/virtio-blk-sim.ts'
import { Virtqueue } from '../../../../../src/sim/kernel/cam/sims/virtqueue.ts'
import { ENOSPC } from '../../../../../src/sim/kernel/errno.ts'
import { Sglist, sglist_append_phys } from '../../../../../src/sim/kernel/sglist.ts'
import type { NvmeQueuePlace } from '../../../../../src/sim/machine/datasheets/nvme.ts'
import { KVA_BASE } from '../../../../../src/sim/machine/page-table.ts'
import { Ccb } from '../../../../../src/sim/kernel/cam/ccb.ts'
import { KernelBench } from '../../kernel-bench.ts'
import { DeviceBench } from './device-bench.ts'
import { RequestBench } from './request-bench.ts'

const TAG = {
  alignment: 4,
  boundary: 4096,
  lowaddr: Number.MAX_SAFE_INTEGER,
  highaddr: Number.MAX_SAFE_INTEGER,
  maxsize: 131_072,
  nsegments: 33,
  maxsegsz: 4096,
  flags: 0,
}
const LIMITS = { tags: [TAG], slots: 4, timeoutNs: 1e9 }

/** Maps frames at the start of the KVA window and makes a request for `sectors` sectors from `offset` on. */
function request(bench: RequestBench, frames: readonly number[], offset: number, sectors: number): Ccb {
  bench.pmap.pmap_qenter(KVA_BASE, Int32Array.from(frames), frames.length)
  const ccb = new Ccb(0)
  ccb.operation = 'write'
  ccb.sector = 0x1_2345_6789
  ccb.sectors = sectors
  ccb.useBuffer(KVA_BASE + offset, sectors * 512)
  return ccb
}

function words(bench: KernelBench, address: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => bench.machine.memory.read32(address + i * 4))
}

describe('NvmeSim', () => {
  /** A driver of two pairs of queues, whose controller only notes what it is told. */
  function attach() {
    const bench = new RequestBench(dmalab)
    let places: readonly NvmeQueuePlace[] = []
    const rung: [string, number, number][] = []
    const driver = NvmeSim.attach(
      bench.driver,
      LIMITS,
      {
        enable: (queues) => (places = queues).length > 0,
        ringSubmission: (queue, tail) => rung.push(['submission', queue, tail]),
        ringCompletion: (queue, head) => rung.push(['completion', queue, head]),
      },
      2,
    )
    bench.attach(driver)
    if (typeof driver === 'number') throw new Error('not attached')
    const entry = (queue: number, index: number): number[] =>
      words(bench, places[queue]!.submission + index * 64, 16)
    return { bench, driver, rung, entry, places: () => places }
  }

  it('writes a write of one page, of two, and of more, on the queue of the current processor', () => {
    const { bench, rung, entry } = attach()
    const send = (cpu: number, ccb: Ccb): void => {
      bench.machine.switchTo(cpu, 0)
      bench.driver.xpt.xpt_action(ccb)
    }
    const zeros = [0, 0, 0]
    send(3, request(bench, [0x150000], 512, 7))
    expect(entry(2, 0)).toEqual([1, 1, 0, 0, 0, 0, 0x50000200, 1, 0, 0, 0x23456789, 1, 6, ...zeros])
    send(0, request(bench, [0x777, 0x150001], 4092, 8))
    expect(entry(1, 0)).toEqual([
      0x10001,
      1,
      0,
      0,
      0,
      0,
      0x777ffc,
      0,
      0x50001000,
      1,
      0x23456789,
      1,
      7,
      ...zeros,
    ])
    send(2, request(bench, [0x777, 0x150001, 0x150002, 0x900], 0, 32))
    const third = entry(1, 1)
    const list = third[8]!
    expect(third).toEqual([0x20001, 1, 0, 0, 0, 0, 0x777000, 0, list, 0, 0x23456789, 1, 31, ...zeros])
    expect(words(bench, list, 6)).toEqual([0x50001000, 1, 0x50002000, 1, 0x900000, 0])
    expect(rung).toEqual([
      ['submission', 2, 1],
      ['submission', 1, 1],
      ['submission', 1, 2],
    ])
  })

  it('takes completions of its phase only, passes over those that are nobody’s, and tells how far it came', () => {
    const { bench, driver, rung, places } = attach()
    const ccb = request(bench, [0x777], 0, 8)
    bench.driver.xpt.xpt_action(ccb)
    const { completion } = places()[1]!
    const put = (index: number, word: number): void =>
      bench.machine.memory.write32(completion + index * 16 + 12, word)
    put(0, 3 | (1 << 16))
    put(1, 0 | (1 << 16) | (0x281 << 17))
    put(2, 0)
    rung.length = 0
    driver.interrupt(0)
    expect(ccb.status).toBe(5)
    expect(driver.sim.openings).toBe(4)
    expect(rung).toEqual([['completion', 1, 2]])
    driver.interrupt()
    expect(rung.length).toBe(1)
  })

  it('goes on after completions that are nobody’s and of which it was not told in time', () => {
    const { bench, driver, places } = attach()
    const put = (index: number, word: number): void =>
      bench.machine.memory.write32(places()[1]!.completion + index * 16 + 12, word)
    put(0, 0xffff | (1 << 16))
    driver.interrupt()
    for (let index = 1; index <= 2; index++) {
      const ccb = request(bench, [0x777], 0, 8)
      bench.driver.xpt.xpt_action(ccb)
      put(index, (1 << 16) | (0x281 << 17))
      driver.interrupt(0)
      expect([ccb.status, driver.sim.openings]).toEqual([5, 4])
    }
  })
})

describe('NvmePrpLists', () => {
  it('goes on in the next page of the list when one is full, and never needs one for its last PRP', () => {
    for (const pages of [513, 514, 1024, 1025]) {
      const bench = new DeviceBench()
      const { memory } = bench.machine
      const lists = new NvmePrpLists(memory, bench.busdma, { ...TAG, maxsize: 1100 * 4096 }, 1, 2 ** 32)
      const map = {
        segAddr: Float64Array.from({ length: pages }, (_, i) => (10 + 2 * i) * 4096),
        segLen: new Float64Array(pages).fill(4096),
      } as unknown as BusDmamap
      expect(lists.write(0, map, pages, pages * 4096)).toBe(true)
      const named: number[] = []
      for (let at = lists.prp2; named.length < pages - 1; at += 8) {
        const entry = memory.read32(at)
        if (at % 4096 === 4088 && named.length < pages - 2) at = entry - 8
        else named.push(entry)
      }
      expect(named).toEqual([...map.segAddr.slice(1)])
    }
  })
})

describe('VirtioBlkSim', () => {
  it('writes header, data and status as a chain, and makes it available', () => {
    const bench = new RequestBench(dmalab)
    let parts: number[] = []
    let notified = 0
    const driver = VirtioBlkSim.attach(bench.driver, LIMITS, {
      queueSize: 64,
      readConfig: () => 131_072,
      enableQueue: (...places) => (parts = places).length > 0,
      notify: () => notified++,
      readIsr: () => true,
    })
    bench.attach(driver)
    bench.driver.xpt.xpt_action(request(bench, [0x150000, 0x150001, 0x800], 512, 20))
    const [table, available, used] = parts as [number, number, number]
    const header = words(bench, table, 1)[0]!
    expect(words(bench, table, 16)).toEqual([
      ...[header, 0, 16, 1 | (1 << 16)],
      ...[0x50000200, 1, 0x1e00, 1 | (2 << 16)],
      ...[0x800000, 0, 0xa00, 1 | (3 << 16)],
      ...[header + 16, 0, 1, 2],
    ])
    expect(words(bench, header, 5)).toEqual([1, 0, 0x23456789, 1, 0xff])
    expect(words(bench, available, 2)).toEqual([1 << 16, 0])
    expect([table % 16, available % 2, used % 4, notified]).toEqual([0, 0, 0, 1])
  })
})

describe('Virtqueue', () => {
  it('gives descriptors back in any order, and takes nothing without enough of them', () => {
    const bench = new KernelBench()
    const queue = new Virtqueue(bench.machine.memory, bench.pages, 8)
    const sg = new Sglist(3)
    for (let i = 0; i < 3; i++) sglist_append_phys(sg, i * 8192, 4)
    let index = 0
    const use = (head: number): void => {
      bench.machine.memory.write32(queue.usedBus + 4 + (index % 8) * 8, head)
      bench.machine.memory.write32(queue.usedBus, (++index & 0xffff) << 16)
    }
    const seen = new Set<string>()
    for (let round = 0; round < 22_000; round++) {
      const taken = [1, 2, 3].map((cookie) => queue.virtqueue_enqueue(cookie, sg, 1))
      const ring = (at: number): number => {
        const slot = (round * 2 + at) % 8
        return (
          (bench.machine.memory.read32(queue.availableBus + 4 + (slot >> 1) * 4) >>> ((slot % 2) * 16)) &
          0xffff
        )
      }
      use(ring(1))
      use(9)
      use(ring(0))
      const given = [1, 2, 3].map(() => queue.virtqueue_dequeue())
      seen.add([...taken, ...given, queue.freeCount].join())
    }
    expect([...seen]).toEqual([[0, 0, ENOSPC, 2, 1, -1, 8].join()])
  })
})
