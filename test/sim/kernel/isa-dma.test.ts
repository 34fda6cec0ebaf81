import { describe, expect, it } from 'vitest'
import { EBUSY, EFAULT, EINVAL, ENOMEM, OK } from '../../../src/sim/kernel/errno.ts'
import { IsaDma } from '../../../src/sim/kernel/isa-dma.ts'
import { DMAP_BASE, KVA_BASE } from '../../../src/sim/machine/page-table.ts'
import { KernelBench } from './kernel-bench.ts'

const KIB = 1024

function bench(bounceBytes = 64 * KIB, chan = 1) {
  const kernel = new KernelBench({ memoryPages: 8192, kvaPages: 1024, sanitizer: true })
  const log: string[] = []
  const ports = {
    outb: (port: number, value: number): void => void log.push(`${port.toString(16)}=${value & 0xff}`),
    inb: (): number => 0xff,
  }
  const dma = new IsaDma(kernel, ports)
  if (bounceBytes > 0) expect(dma.isa_dma_init(chan, bounceBytes)).toBe(OK)
  expect(dma.isa_dma_acquire(chan)).toBe(OK)
  /** What the registers of a byte channel say: address and bytes. */
  const programmed = (): [number, number] => {
    const values = (port: string): number[] =>
      log.filter((line) => line.startsWith(`${port}=`)).map((line) => Number(line.split('=')[1]))
    const [low, high] = values('2') as [number, number]
    const [less, more] = values('3') as [number, number]
    return [values('83')[0]! * 65536 + high * 256 + low, more * 256 + less + 1]
  }
  return { kernel, dma, log, programmed }
}

/** The direct map's address of a page frame. */
const direct = (pfn: number): number => DMAP_BASE + pfn * 4096

describe('isa_dmastart', () => {
  it('writes mask, mode, flip-flop, address, page, count and mask, in that order', () => {
    const { dma, log } = bench()
    expect(dma.isa_dmastart(false, direct(0x123) + 0x456, 0x1a0, 1)).toBe(OK)
    expect(log).toEqual(['a=5', 'b=69', 'c=0', `2=${0x56}`, `2=${0x34}`, '83=18', `3=${0x9f}`, '3=1', 'a=1'])
  })

  it('counts words on a channel of words', () => {
    const { dma, log } = bench(128 * KIB, 5)
    expect(dma.isa_dmastart(true, direct(0x131) + 0x456, 0x1a0, 5)).toBe(OK)
    const address = (0x131456 / 2) & 0xffff
    expect(log).toEqual([
      'd4=5',
      'd6=73',
      'd8=0',
      `c4=${address & 0xff}`,
      `c4=${address >> 8}`,
      '8b=19',
      `c6=${0xcf}`,
      'c6=0',
      'd4=1',
    ])
  })

  it.each([
    ['within 16 MiB and one window', 0x110, 16, 0, false],
    ['up to the end of memory that ISA reaches', 0xff0, 16, 0, false],
    ['beyond 16 MiB', 0x1000, 1, 0, true],
    ['across 16 MiB', 0xfff, 2, 0, true],
    ['across a window', 0x11f, 2, 0, true],
  ])('data %s: %#x + %i pages', (_what, first, count, offset, bounces) => {
    const { kernel, dma, programmed } = bench()
    expect(dma.isa_dmastart(true, direct(first) + offset, count * 4096, 1)).toBe(OK)
    const [address, bytes] = programmed()
    expect(bytes).toBe(count * 4096)
    expect(address === first * 4096).toBe(!bounces)
    expect(kernel.counters.bytesBounced).toBe(bounces ? count * 4096 : 0)
  })

  it('bounces pages that do not follow one another', () => {
    const { kernel, dma, programmed } = bench()
    kernel.pmap.pmap_qenter(KVA_BASE, Int32Array.of(0x200, 0x202), 2)
    expect(dma.isa_dmastart(true, KVA_BASE + 100, 4096, 1)).toBe(OK)
    expect(programmed()[0]).not.toBe(0x200 * 4096 + 100)
    expect(kernel.counters.bytesBounced).toBe(4096)
  })

  it('copies at the start of a write, and at the end of a read', () => {
    for (const write of [true, false]) {
      const { kernel, dma, programmed } = bench()
      const { memory } = kernel.machine
      memory.bytesAt(0x1800 * 4096, 8).fill(0x11)
      expect(dma.isa_dmastart_pages(write, Int32Array.of(0x1700, 0x1800), 2, 4096, 8, 1)).toBe(OK)
      const [buffer] = programmed()
      expect(memory.bytesAt(buffer, 1)[0]).toBe(write ? 0x11 : 0)
      memory.bytesAt(buffer, 8).fill(0x22)
      dma.isa_dmadone(1)
      expect(memory.bytesAt(0x1800 * 4096, 1)[0]).toBe(write ? 0x11 : 0x22)
      expect(kernel.counters.bytesBounced).toBe(8)
    }
  })

  it('copies through the TLB of the processor, stale or not', () => {
    const { kernel, dma, programmed } = bench()
    const { machine, pmap } = kernel
    pmap.pmap_qenter(KVA_BASE, Int32Array.of(0x1800), 1)
    machine.translate(KVA_BASE)
    machine.memory.bytesAt(0x1800 * 4096, 4).fill(1)
    machine.memory.bytesAt(0x1900 * 4096, 4).fill(2)
    machine.pageTable.set(0, 0x1900, 3)
    dma.isa_dmastart(true, KVA_BASE, 4, 1)
    expect(machine.memory.bytesAt(programmed()[0], 1)[0]).toBe(1)
    expect(machine.counters.staleAccesses).toBe(1)
  })

  it.each([
    ['no bounce buffer', 0, direct(0x1000), 512, ENOMEM],
    ['a bounce buffer too small', 4096, direct(0x1000), 8192, ENOMEM],
    ['more than a window', 4096, direct(0x100), 65537, EINVAL],
    ['nothing to do', 4096, direct(0x100), 0, EINVAL],
    ['a hole', 4096, KVA_BASE + 5000, 512, EFAULT],
  ])('reports %s instead of a panic', (_what, bounceBytes, va, bytes, error) => {
    const { kernel, dma, log } = bench(bounceBytes)
    expect(dma.isa_dmastart(true, va, bytes, 1)).toBe(error)
    expect(log).toEqual([])
    expect(kernel.machine.sanitizer!.total).toBe(1)
    expect(dma.isa_dmastart(true, direct(0x100), 512, 1)).toBe(OK)
  })

  it.each([
    [direct(0x100) + 1, 512],
    [direct(0x100), 511],
  ])('cannot move words from an odd place or an odd number of bytes', (va, bytes) => {
    const { dma, kernel } = bench(4096, 5)
    expect(dma.isa_dmastart(true, va, bytes, 5)).toBe(EINVAL)
    expect(kernel.machine.sanitizer!.total).toBe(1)
  })

  it('does one transfer at a time, for whoever acquired the channel', () => {
    const { dma } = bench()
    expect(dma.isa_dma_acquire(1)).toBe(EBUSY)
    expect(dma.isa_dmastart(true, direct(0x100), 512, 2)).toBe(EINVAL)
    expect(dma.isa_dmastart(true, direct(0x100), 512, 1)).toBe(OK)
    expect(dma.isa_dmastart(true, direct(0x100), 512, 1)).toBe(EBUSY)
    expect(dma.isa_dma_release(1)).toBe(EBUSY)
    dma.isa_dmadone(1)
    expect([dma.isa_dma_release(1), dma.isa_dma_release(1), dma.isa_dma_acquire(1)]).toEqual([OK, EINVAL, OK])
  })
})

describe('isa_dma_init', () => {
  it('finds a buffer below 16 MiB and within one window', () => {
    for (const [chan, window] of [
      [1, 64 * KIB],
      [5, 128 * KIB],
    ] as const) {
      const { kernel, dma } = bench(0, chan)
      const taken: number[] = []
      const contigmalloc = kernel.pages.contigmalloc.bind(kernel.pages)
      kernel.pages.contigmalloc = (...args) => {
        taken.push(contigmalloc(...args))
        return taken.at(-1)!
      }
      expect(dma.isa_dma_init(chan, window)).toBe(OK)
      const [first] = taken as [number]
      expect(first * 4096 + window).toBeLessThanOrEqual(0x1000000)
      expect((first * 4096) % window).toBe(0)
      expect(dma.isa_dma_init(chan, window)).toBe(EBUSY)
    }
  })

  it('refuses what cannot be', () => {
    const { dma } = bench(0)
    expect([dma.isa_dma_init(4, 512), dma.isa_dma_init(8, 512), dma.isa_dma_init(1, 65537)]).toEqual(
      Array(3).fill(EINVAL),
    )
    expect([dma.isa_dma_acquire(4), dma.isa_dma_acquire(8), dma.isa_dma_release(8)]).toEqual(
      Array(3).fill(EINVAL),
    )
  })
})
