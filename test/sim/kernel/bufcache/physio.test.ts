import { describe, expect, it } from 'vitest'
import { PhysioCall } from '../../../../src/sim/kernel/bufcache/physio.ts'
import type { RawDevice } from '../../../../src/sim/kernel/bufcache/physio.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import type { Errno } from '../../../../src/sim/kernel/errno.ts'
import { EFAULT, EINVAL, EIO, EWOULDBLOCK, OK } from '../../../../src/sim/kernel/errno.ts'
import { UIO_READ, UIO_SYSSPACE, UIO_USERSPACE, UIO_WRITE, Uio } from '../../../../src/sim/kernel/uio.ts'
import { UserSpace } from '../../../../src/sim/kernel/vm/user-space.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const PAGE = 4096
const DISK: RawDevice = { iosizeMax: 128 * KIB, sectors: 4096 }

class PhysioBench {
  readonly bench: CacheBench
  readonly space: UserSpace
  readonly call = new PhysioCall()
  readonly uio = new Uio()

  constructor(path: 'mapped' | 'direct' = 'mapped') {
    this.bench = new CacheBench({ path, pbufs: true, limits: limitsForBuffers(16, 16 * KIB) })
    const { pages } = this.bench
    this.space = new UserSpace(128, { zeroFilledPage: () => pages.alloc() })
    this.space.reserve(1, 100)
    for (let sector = 0; sector < DISK.sectors; sector++) this.bench.disk.set(sector, 5000 + sector)
  }

  /** One request of pieces, each an address and its bytes. */
  ask(rw: number, offset: number, ...pieces: (readonly [number, number])[]): this {
    this.uio.reset(UIO_USERSPACE, rw, this.space)
    for (const [address, bytes] of pieces) this.uio.add(address, bytes)
    this.uio.offset = offset
    return this
  }

  /** Carries it out, with transfers that end as `error` says. */
  run(device: RawDevice = DISK, error: Errno = OK): Errno {
    for (;;) {
      const result = this.bench.cache.physio!.physio(this.call, this.uio, device)
      if (result !== EWOULDBLOCK) return result
      this.bench.end(error)
    }
  }

  word(address: number): number {
    return this.bench.machine.memory.read32(this.physical(address))
  }

  store(address: number, value: number): void {
    this.bench.machine.memory.write32(this.physical(address), value)
  }

  private physical(address: number): number {
    return this.space.vm_fault_quick(address, true) * PAGE + (address % PAGE)
  }
}

describe.each(['mapped', 'direct'] as const)('physio on the %s path', (path) => {
  it("moves data straight between the disk and the user's pages", () => {
    const p = new PhysioBench(path)
    expect(p.ask(UIO_READ, 512 * 10, [PAGE, 16 * KIB]).run()).toBe(OK)
    expect([p.word(PAGE), p.word(PAGE + 512), p.word(PAGE + 31 * 512)]).toEqual([5010, 5011, 5041])
    expect([p.uio.resid, p.uio.offset]).toEqual([0, 512 * 42])
    p.store(PAGE + 512, 77)
    expect(p.ask(UIO_WRITE, 0, [PAGE, 1024]).run()).toBe(OK)
    expect([p.bench.disk.get(0), p.bench.disk.get(1)]).toEqual([5010, 77])
    expect(p.bench.log).toEqual(['read 10+16384', 'write 0+1024'])
    expect(p.bench.counters.bytesCopied).toBe(0)
  })

  it('holds the pages as long as the transfer lasts, mapped or not as the path has it', () => {
    const p = new PhysioBench(path)
    const { bench } = p
    const before = bench.counters.kvaBytes
    p.ask(UIO_READ, 0, [PAGE + 512, 8 * KIB])
    expect(bench.cache.physio!.physio(p.call, p.uio, DISK)).toBe(EWOULDBLOCK)
    expect(bench.cache.space.messageOf(0)).toBe('physstr')
    expect(bench.holds.total).toBe(3)
    expect(bench.counters.kvaBytes - before).toBe(path === 'mapped' ? 3 * PAGE : 0)
    bench.end()
    expect(bench.woken).toEqual([0])
    expect(bench.cache.physio!.physio(p.call, p.uio, DISK)).toBe(OK)
    expect([bench.holds.total, bench.counters.kvaBytes]).toEqual([0, before])
    expect(bench.problems()).toEqual([])
  })

  it.each([
    ['the device', 48 * KIB, PAGE, 100, [48, 48, 4]],
    ['the pbuf', 256 * KIB, PAGE, 200, [128, 72]],
    ['the pbuf, less a page for what does not begin at one', 256 * KIB, PAGE + 512, 200, [124, 76]],
  ])('cuts a request to what %s takes', (_, iosizeMax, address, kib, parts) => {
    const p = new PhysioBench(path)
    expect(p.ask(UIO_READ, 0, [address, kib * KIB]).run({ ...DISK, iosizeMax })).toBe(OK)
    expect(p.bench.log.map((entry) => Number(entry.split('+')[1]) / KIB)).toEqual(parts)
    expect(p.word(address + kib * KIB - 512)).toBe(5000 + kib * 2 - 1)
  })

  it('serves each piece of a list by itself', () => {
    const p = new PhysioBench(path)
    expect(p.ask(UIO_READ, 0, [PAGE, 512], [8 * PAGE, 0], [20 * PAGE + 1024, 1024]).run()).toBe(OK)
    expect(p.bench.log).toEqual(['read 0+512', 'read 1+1024'])
    expect([p.word(PAGE), p.word(20 * PAGE + 1024), p.word(20 * PAGE + 1536)]).toEqual([5000, 5001, 5002])
  })

  it('stops at the end of the device', () => {
    const p = new PhysioBench(path)
    expect(p.ask(UIO_READ, 4094 * 512, [PAGE, 4096]).run()).toBe(OK)
    expect([p.bench.log, p.uio.resid]).toEqual([['read 4094+1024'], 3072])
    expect(p.ask(UIO_READ, 4096 * 512, [PAGE, 512]).run()).toBe(OK)
    expect(p.uio.resid).toBe(512)
    expect(p.ask(UIO_READ, 4097 * 512, [PAGE, 512]).run()).toBe(EINVAL)
  })

  it("refuses what is no whole sector, and addresses that are not a user's", () => {
    const p = new PhysioBench(path)
    expect(p.ask(UIO_READ, 100, [PAGE, 512]).run()).toBe(EINVAL)
    expect(p.ask(UIO_READ, 0, [PAGE, 700]).run()).toBe(EINVAL)
    expect(p.ask(UIO_READ, -512, [PAGE, 512]).run()).toBe(EINVAL)
    p.ask(UIO_READ, 0, [PAGE, 512]).uio.segflg = UIO_SYSSPACE
    expect(p.run()).toBe(EINVAL)
    expect(p.bench.log).toEqual([])
    expect(p.bench.problems()).toEqual([])
  })

  it('cannot name sectors beyond 31 bits', () => {
    const p = new PhysioBench(path)
    const large = { ...DISK, sectors: 2 ** 33 }
    expect(p.ask(UIO_READ, 2 ** 31 * 512, [PAGE, 512]).run(large)).toBe(EINVAL)
    expect(p.ask(UIO_READ, (2 ** 31 - 1) * 512, [PAGE, 512]).run(large)).toBe(OK)
  })

  it('fails where the user has no right, after what it could move', () => {
    const p = new PhysioBench(path)
    p.space.unmapPage(5)
    expect(p.ask(UIO_READ, 0, [PAGE, 512], [4 * PAGE, 2 * PAGE]).run()).toBe(EFAULT)
    expect([p.uio.resid, p.bench.log]).toEqual([2 * PAGE, ['read 0+512']])
    p.store(2 * PAGE, 1)
    p.space.setReadOnly(2, true)
    expect(p.ask(UIO_READ, 0, [2 * PAGE, 512]).run()).toBe(EFAULT)
    expect(p.ask(UIO_WRITE, 0, [2 * PAGE, 512]).run()).toBe(OK)
    expect(p.bench.problems()).toEqual([])
  })

  it('tells of a failed transfer, and counts none of it', () => {
    const p = new PhysioBench(path)
    expect(p.ask(UIO_WRITE, 0, [PAGE, 1024]).run(DISK, EIO)).toBe(EIO)
    expect([p.uio.resid, p.uio.offset]).toEqual([1024, 0])
    expect(p.bench.problems()).toEqual([])
  })

  it('sleeps while no pbuf is free', () => {
    const p = new PhysioBench(path)
    const pbufs = p.bench.cache.pbufs!
    const taken = Array.from({ length: 16 }, () => pbufs.trypbuf(null)!)
    p.ask(UIO_READ, 0, [PAGE, 512])
    expect(p.bench.as(5).cache.physio!.physio(p.call, p.uio, DISK)).toBe(EWOULDBLOCK)
    expect(p.bench.cache.space.messageOf(5)).toBe('wswbuf1')
    for (const pbuf of taken) pbufs.relpbuf(pbuf, null)
    expect(p.bench.woken).toEqual([5])
    expect(p.run()).toBe(OK)
  })
})
