import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/sim/engine/random.ts'
import { EFAULT, EPIPE, EWOULDBLOCK, OK } from '../../../src/sim/kernel/errno.ts'
import { Pipe, PIPE_BUF, PIPE_MINDIRECT, PIPE_SIZE } from '../../../src/sim/kernel/pipe.ts'
import { SfBufs2004 } from '../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { KernelThreads } from '../../../src/sim/kernel/sleep-channel.ts'
import { Uio, UIO_READ, UIO_USERSPACE, UIO_WRITE, UioCalls } from '../../../src/sim/kernel/uio.ts'
import { CopyCalls } from '../../../src/sim/kernel/vm/copy-calls.ts'
import { FirstFitArena } from '../../../src/sim/kernel/vm/first-fit-arena.ts'
import { UserSpace } from '../../../src/sim/kernel/vm/user-space.ts'
import { XioCopy2004 } from '../../../src/sim/kernel/xio/copy-2004.ts'
import { PAGE_SIZE } from '../../../src/sim/machine/page.ts'
import { KernelBench } from './kernel-bench.ts'

const WRITER = 0
const READER = 1
const USER_PAGES = 128
const SF_BUFS_START = 700

/** A writer on processor 0 and a reader on processor 1, each with memory of its own. */
class PipeBench {
  readonly kernel = new KernelBench({ cpus: 2, kvaPages: 1024, memoryPages: 2048, sanitizer: true })
  readonly woken = new Set<number>()
  readonly threads = new KernelThreads(4, (thread) => this.woken.add(thread))
  readonly spaces: readonly UserSpace[]
  readonly sfBufs: SfBufs2004
  readonly kernelMap = new FirstFitArena(0, 16)
  readonly pipe: Pipe

  constructor(sfBufs = 4, quick = true) {
    const { machine, pages, pmap, xios, counters } = this.kernel
    const copies = new CopyCalls(machine, counters)
    this.sfBufs = new SfBufs2004(machine, pmap, this.threads, {
      firstPage: SF_BUFS_START,
      count: sfBufs,
      quick,
    })
    const uios = new UioCalls(machine, copies, this.sfBufs, 'dragonfly-2020')
    this.spaces = [0, 1].map(() => {
      const space = new UserSpace(USER_PAGES, { zeroFilledPage: () => pages.alloc() })
      space.reserve(0, USER_PAGES - 1)
      return space
    })
    this.pipe = new Pipe({
      machine,
      threads: this.threads,
      pages,
      kernelMap: this.kernelMap,
      pmap,
      uios,
      xios,
      copies: new XioCopy2004(copies, this.sfBufs, uios),
    })
  }

  uio(thread: number, base: number, bytes: number): Uio {
    const uio = new Uio()
    uio.reset(UIO_USERSPACE, thread === WRITER ? UIO_WRITE : UIO_READ, this.spaces[thread]!)
    uio.add(base, bytes)
    return uio
  }

  write(uio: Uio): number {
    this.as(WRITER)
    return this.pipe.pipe_write(uio)
  }

  read(uio: Uio): number {
    this.as(READER)
    return this.pipe.pipe_read(uio)
  }

  bytesAt(thread: number, address: number, count: number): number[] {
    const bytes: number[] = []
    this.eachPage(thread, address, count, (memory) => memory.forEach((byte) => bytes.push(byte)))
    return bytes
  }

  /** Fills memory of the writer. @returns the bytes */
  fill(address: number, count: number, salt: number): number[] {
    const bytes = Array.from({ length: count }, (_, i) => (i * 31 + (i >> 8) * 7 + salt) & 255)
    this.eachPage(WRITER, address, count, (memory, from) =>
      memory.set(bytes.slice(from, from + memory.length)),
    )
    return bytes
  }

  private eachPage(
    thread: number,
    address: number,
    count: number,
    visit: (memory: Uint8Array, from: number) => void,
  ): void {
    for (let done = 0; done < count;) {
      const inPage = (address + done) % PAGE_SIZE
      const bytes = Math.min(count - done, PAGE_SIZE - inPage)
      const pfn = this.spaces[thread]!.vm_fault_quick(address + done, true)
      visit(this.kernel.machine.memory.bytesAt(pfn * PAGE_SIZE + inPage, bytes), done)
      done += bytes
    }
  }

  private as(thread: number): void {
    this.kernel.machine.switchTo(thread, this.kernel.machine.cpus[thread]!.clock)
    this.threads.current = thread
    this.woken.delete(thread)
  }
}

describe('a short write', () => {
  it('goes through the ring, and the reader gets it without waiting for the writer', () => {
    const bench = new PipeBench()
    const bytes = bench.fill(100, 3000, 1)
    expect(bench.write(bench.uio(WRITER, 100, 3000))).toBe(OK)
    const reading = bench.uio(READER, 50, 8000)
    expect(bench.read(reading)).toBe(OK)
    expect(reading.offset).toBe(3000)
    expect(bench.bytesAt(READER, 50, 3000)).toEqual(bytes)
    expect(bench.kernel.counters.pageListsBuilt).toBe(0)
  })

  it('of no more than PIPE_BUF bytes goes in as a whole or waits', () => {
    const bench = new PipeBench()
    bench.fill(0, PIPE_SIZE, 2)
    for (let at = 0; at + 4000 <= PIPE_SIZE; at += 4000)
      expect(bench.write(bench.uio(WRITER, at, 4000))).toBe(OK)
    const filled = 4 * 4000
    expect(PIPE_SIZE - filled).toBeLessThan(PIPE_BUF)
    const atomic = bench.uio(WRITER, 0, PIPE_BUF)
    expect(bench.write(atomic)).toBe(EWOULDBLOCK)
    expect(atomic.offset).toBe(0)
    bench.read(bench.uio(READER, 0, filled))
    expect(bench.woken.has(WRITER)).toBe(true)
    expect(bench.write(atomic)).toBe(OK)
  })
})

describe('a long write', () => {
  it('hands its pages over, sleeps until they are read, and lets them go', () => {
    const bench = new PipeBench()
    const bytes = bench.fill(300, 20_000, 3)
    const writing = bench.uio(WRITER, 300, 20_000)
    const copied = bench.kernel.counters.bytesCopied
    expect(bench.write(writing)).toBe(EWOULDBLOCK)
    expect(bench.kernel.holds.total).toBe(5)
    expect(bench.kernel.counters.bytesCopied).toBe(copied)
    const reading = bench.uio(READER, 77, 20_000)
    expect(bench.read(reading)).toBe(OK)
    expect(bench.kernel.counters.bytesCopied).toBe(copied + 20_000)
    expect(bench.woken.has(WRITER)).toBe(true)
    expect(bench.write(writing)).toBe(OK)
    expect(bench.bytesAt(READER, 77, 20_000)).toEqual(bytes)
    expect(bench.kernel.holds.total).toBe(0)
  })

  it('ends with EPIPE when the reader goes, and lets its pages go', () => {
    const bench = new PipeBench()
    bench.fill(0, PIPE_MINDIRECT, 4)
    const writing = bench.uio(WRITER, 0, PIPE_MINDIRECT)
    expect(bench.write(writing)).toBe(EWOULDBLOCK)
    bench.pipe.closeRead()
    expect(bench.woken.has(WRITER)).toBe(true)
    expect(bench.write(writing)).toBe(EPIPE)
    expect(bench.kernel.holds.total).toBe(0)
  })

  it('of memory that the writer does not have ends with EFAULT', () => {
    const bench = new PipeBench()
    const outside = (USER_PAGES - 1) * PAGE_SIZE
    expect(bench.write(bench.uio(WRITER, outside, PAGE_SIZE * 3))).toBe(EFAULT)
    expect(bench.kernel.holds.total).toBe(0)
  })

  it('has each page mapped on the reader alone, or with debug.sfbuf_quick off on every processor', () => {
    const shootdowns = [true, false].map((quick) => {
      const bench = new PipeBench(4, quick)
      bench.fill(0, 10 * PAGE_SIZE, 5)
      const { counters } = bench.kernel.machine
      const before = counters.shootdowns
      bench.write(bench.uio(WRITER, 0, 10 * PAGE_SIZE))
      expect(bench.read(bench.uio(READER, 0, 10 * PAGE_SIZE))).toBe(OK)
      return counters.shootdowns - before
    })
    expect(shootdowns).toEqual([0, 10])
  })
})

it('tells a reader of the end once the pipe is empty and the writer is gone', () => {
  const bench = new PipeBench()
  bench.fill(0, 10, 6)
  const early = bench.uio(READER, 0, 5)
  expect(bench.read(early)).toBe(EWOULDBLOCK)
  bench.write(bench.uio(WRITER, 0, 10))
  expect(bench.woken.has(READER)).toBe(true)
  bench.pipe.closeWrite()
  expect(bench.read(early)).toBe(OK)
  expect(bench.read(bench.uio(READER, 0, 10))).toBe(OK)
  const end = bench.uio(READER, 0, 10)
  expect(bench.read(end)).toBe(OK)
  expect(end.offset).toBe(0)
  bench.pipe.closeRead()
  bench.pipe.destroy()
  expect(bench.kernelMap.freePages).toBe(16)
})

it('moves every byte in order, whatever the sizes of writes and reads, and whoever runs first', () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: PIPE_BUF + 1 }),
    fc.integer({ min: 1, max: 3 * PIPE_MINDIRECT }),
    fc.integer({ min: 128_000, max: 140_000 }),
  )
  const writes = fc.array(fc.record({ base: fc.integer({ min: 0, max: 300_000 }), bytes: size }), {
    minLength: 1,
    maxLength: 5,
  })
  fc.assert(
    fc.property(writes, fc.array(size, { minLength: 1, maxLength: 5 }), fc.nat(), (shapes, reads, seed) => {
      const bench = new PipeBench(2)
      const random = new Random(seed, 1)
      const due: number[] = []
      const got: number[] = []
      let write = 0
      let writing: Uio | null = null
      let reading: Uio | null = null
      const runnable = [true, true]
      for (
        let turns = 0, reader = 0;
        got.length < due.length || write < shapes.length || writing !== null;
        turns++
      ) {
        if (turns > 2_000_000) throw new Error('the pipe is stuck')
        bench.woken.forEach((thread) => (runnable[thread] = true))
        const thread: number =
          runnable[WRITER] && runnable[READER] ? random.below(2) : runnable[WRITER] ? WRITER : READER
        if (!runnable[thread]) throw new Error('both sleep')
        if (thread === WRITER) {
          if (writing === null && write === shapes.length) {
            runnable[WRITER] = false
            continue
          }
          if (writing === null) {
            const { base, bytes } = shapes[write++]!
            for (const byte of bench.fill(base, bytes, write)) due.push(byte)
            writing = bench.uio(WRITER, base, bytes)
          }
          const error = bench.write(writing)
          if (error === OK) writing = null
          runnable[WRITER] = error === OK
        } else {
          reading ??= bench.uio(READER, 5, reads[reader++ % reads.length]!)
          const error = bench.read(reading)
          if (error === OK) {
            for (const byte of bench.bytesAt(READER, 5, reading.offset)) got.push(byte)
            reading = null
          }
          runnable[READER] = error === OK
        }
      }
      expect(got.length).toBe(due.length)
      expect(Buffer.compare(Buffer.from(got), Buffer.from(due))).toBe(0)
      expect(bench.kernel.holds.total).toBe(0)
      expect(bench.kernel.machine.sanitizer!.violations).toEqual([])
    }),
    { numRuns: 15 },
  )
})
