import { expect, it } from 'vitest'
import { Random } from '../../../../src/sim/engine/random.ts'
import { BUS_DMASYNC_POSTREAD, BUS_DMASYNC_PREWRITE } from '../../../../src/sim/kernel/busdma/constants.ts'
import { EBUSY, EINPROGRESS, ENOMEM, OK } from '../../../../src/sim/kernel/errno.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { UIO_READ, UIO_USERSPACE, Uio } from '../../../../src/sim/kernel/uio.ts'
import { HIGH_PFN, MsfBench, made } from './msf-bench.ts'

const SEQUENCES = 1000
const STEPS = 200
const FRAMES = 16
const SCRATCH_PFN = 900

/** An msf_buf and what it must describe: byte `i` is byte `offset + i` of the frames, one after another. */
interface Described {
  readonly msf: MsfBuf
  readonly frames: readonly number[]
  readonly offset: number
  waiting: boolean
}

/** Random calls of the post's msf_buf with all extensions, against a plain copy of every frame. */
class Sequence {
  readonly bench = new MsfBench(8)
  private readonly random: Random
  private readonly tag = this.bench.lowTag()
  /** Half of them in reach of the tag, half not. */
  private readonly pfns = Array.from({ length: FRAMES }, (_, i) => (i % 2 === 0 ? 300 + i : HIGH_PFN + i))
  private readonly shadow = this.pfns.map(() => new Uint8Array(4096))
  private readonly buffers = this.bench.map(10, this.pfns)
  private readonly scratch = this.bench.map(40, [SCRATCH_PFN])
  private readonly live: Described[] = []
  private readonly start: readonly number[]

  constructor(seed: number) {
    this.random = new Random(seed, 0)
    this.pfns.forEach((pfn, page) => this.bench.space.mapPage(page, pfn))
    this.start = this.bench.resources()
  }

  run(): void {
    const calls = [
      () => this.create(),
      () => this.create(),
      () => this.slice(),
      () => this.touch(),
      () => this.touch(),
      () => this.copyIn(),
      () => this.copyOut(),
      () => this.dma(),
      () => this.release(),
    ]
    for (let step = 0; step < STEPS; step++) {
      this.bench.machine.switchTo(this.random.below(2), 0)
      calls[this.random.below(calls.length)]!()
    }
    while (this.live.length > 0) this.release()
    expect(this.bench.resources()).toEqual(this.start)
    expect(this.bench.machine.counters.staleAccesses).toBe(0)
    this.pfns.forEach((pfn, i) => {
      expect(Buffer.compare(this.bench.machine.memory.bytesAt(pfn * 4096, 4096), this.shadow[i]!)).toBe(0)
    })
  }

  private pick(): Described | undefined {
    return this.live[this.random.below(Math.max(1, this.live.length))]
  }

  private place(frames: readonly number[], offset: number, at: number): [shadow: Uint8Array, index: number] {
    const byte = offset + at
    return [this.shadow[frames[byte >>> 12]!]!, byte & 4095]
  }

  private add(result: MsfBuf | number, frames: readonly number[], offset: number): void {
    if (result === ENOMEM) return
    this.live.push({ msf: made(result), frames, offset, waiting: false })
  }

  private create(): void {
    if (this.live.length === 6) return
    const { bench, random } = this
    const count = 1 + random.below(4)
    const first = random.below(FRAMES - count + 1)
    const run = Array.from({ length: count }, (_, i) => first + i)
    const offset = random.below(4096)
    const bytes = 1 + random.below(count * 4096 - offset)
    const opt = random.below(2) === 0 ? new MsfBuf() : null
    const kind = random.below(3)
    if (kind === 0) {
      const frames = run.map(() => random.below(FRAMES))
      const pages = Int32Array.from(frames, (frame) => this.pfns[frame]!)
      this.add(bench.sources.msf_create_from_pages(opt, pages, count, offset, bytes), frames, offset)
    } else if (kind === 1) {
      this.add(bench.msfs.msf_create_from_buf(opt, this.buffers + first * 4096 + offset, bytes), run, offset)
    } else {
      const uio = new Uio()
      uio.reset(UIO_USERSPACE, UIO_READ, bench.space)
      uio.add(first * 4096 + offset, bytes)
      this.add(bench.sources.msf_create_from_uio(opt, uio), run, offset)
    }
  }

  private slice(): void {
    const whole = this.pick()
    if (whole === undefined || this.live.length === 6) return
    const from = this.random.below(whole.msf.bytes)
    const bytes = 1 + this.random.below(whole.msf.bytes - from)
    this.add(this.bench.sources.msf_slice(null, whole.msf, from, bytes), whole.frames, whole.offset + from)
  }

  /** Maps for this processor, and reads and writes one byte through the mapping. */
  private touch(): void {
    const { bench, random } = this
    const one = this.pick()
    if (one === undefined || bench.msfs.msf_require_buf(one.msf) === ENOMEM) return
    const at = random.below(one.msf.bytes)
    const [shadow, index] = this.place(one.frames, one.offset, at)
    const byte = bench.machine.memory.bytesAt(bench.machine.translate(one.msf.kva + at, true), 1)
    expect(byte[0]).toBe(shadow[index])
    shadow[index] = byte[0] = random.below(256)
  }

  private copyIn(): void {
    const one = this.pick()
    if (one === undefined) return
    const at = this.random.below(one.msf.bytes)
    const bytes = Math.min(one.msf.bytes - at, 1 + this.random.below(4096))
    const value = this.random.below(256)
    this.bench.fill(SCRATCH_PFN, value)
    expect(this.bench.copy.msf_copyin(one.msf, at, null, this.scratch, bytes)).toBe(OK)
    for (let i = 0; i < bytes; i++) {
      const [shadow, index] = this.place(one.frames, one.offset, at + i)
      shadow[index] = value
    }
  }

  private copyOut(): void {
    const one = this.pick()
    if (one === undefined) return
    const at = this.random.below(one.msf.bytes)
    const bytes = Math.min(one.msf.bytes - at, 1 + this.random.below(4096))
    expect(this.bench.copy.msf_copyout(one.msf, at, null, this.scratch, bytes)).toBe(OK)
    const copied = this.bench.machine.memory.bytesAt(SCRATCH_PFN * 4096, bytes)
    const expected = Uint8Array.from(copied, (_, i) => {
      const [shadow, index] = this.place(one.frames, one.offset, at + i)
      return shadow[index]!
    })
    expect(Buffer.compare(copied, expected)).toBe(0)
  }

  /** Loads for a device; if that did not have to wait, the device reads a byte and writes another. */
  private dma(): void {
    const { bench, random } = this
    const one = this.pick()
    if (one === undefined || one.waiting) return
    const error = bench.dma.msf_require_dma(one.msf, this.tag, (_, late) => {
      expect(late).toBe(OK)
      one.waiting = false
    })
    if (error === EINPROGRESS) {
      one.waiting = true
      return
    }
    expect(error).toBe(OK)
    expect(bench.dma.msf_sync(one.msf, BUS_DMASYNC_PREWRITE)).toBe(OK)
    const at = random.below(one.msf.bytes)
    const byte = bench.machine.memory.bytesAt(this.busAddress(one, at), 1)
    const [shadow, index] = this.place(one.frames, one.offset, at)
    expect(byte[0]).toBe(shadow[index])
    // A list that names a frame twice has two bounce pages for it, and the later one wins: write only where it cannot.
    if (new Set(one.frames).size < one.frames.length) return
    shadow[index] = byte[0] = random.below(256)
    expect(bench.dma.msf_sync(one.msf, BUS_DMASYNC_POSTREAD)).toBe(OK)
  }

  private busAddress({ msf }: Described, at: number): number {
    const { map, nsegs } = msf.dma!
    let left = at
    for (let i = 0; i < nsegs; i++) {
      const bytes = map.segLen[i]!
      expect(map.segAddr[i]! + bytes).toBeLessThanOrEqual(HIGH_PFN * 4096)
      if (left < bytes) return map.segAddr[i]! + left
      left -= bytes
    }
    throw new Error(`byte ${at} is in no segment`)
  }

  private release(): void {
    const index = this.random.below(Math.max(1, this.live.length))
    const one = this.live[index]
    if (one === undefined) return
    const { waiting } = one
    expect(this.bench.msfs.msf_release(one.msf)).toBe(waiting ? EBUSY : OK)
    if (!waiting) this.live.splice(index, 1)
    this.bench.simulator.run(100)
  }
}

it(`keeps every byte and gives everything back in ${SEQUENCES} random sequences of ${STEPS} calls`, () => {
  const only = process.env.SEQUENCE
  const seeds = only === undefined ? Array.from({ length: SEQUENCES }, (_, seed) => seed) : [Number(only)]
  for (const seed of seeds) {
    try {
      new Sequence(seed).run()
    } catch (error) {
      throw new Error(`sequence ${seed}: run it alone with SEQUENCE=${seed}`, { cause: error })
    }
  }
})
