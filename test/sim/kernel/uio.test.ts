import { describe, expect, it } from 'vitest'
import { EFAULT, EINVAL, EMSGSIZE, OK } from '../../../src/sim/kernel/errno.ts'
import { DirectMapLwBufs } from '../../../src/sim/kernel/sf-buf/lwbuf-direct-map.ts'
import {
  Uio,
  UIO_MAXIOV,
  UIO_NOCOPY,
  UIO_READ,
  UIO_SYSSPACE,
  UIO_USERSPACE,
  UIO_WRITE,
  UioCalls,
  type UioDialect,
} from '../../../src/sim/kernel/uio.ts'
import { bytesOf, kva, smallKernel, SPARE, stamp } from './small-kernel.ts'

function setup(dialect: UioDialect) {
  const kernel = smallKernel()
  const { machine, pmap, copies, space } = kernel
  pmap.pmap_qenter(kva(SPARE), Int32Array.of(100, 101), 2)
  space.mapPage(0, 200)
  space.mapPage(2, 202)
  for (const pfn of [100, 101, 200, 202]) stamp(machine, pfn)
  const calls = new UioCalls(machine, copies, new DirectMapLwBufs(machine), dialect)
  const uio = (segflg: number, rw: number, pieces: readonly (readonly [number, number])[]) => {
    const made = new Uio()
    made.reset(segflg, rw, space)
    for (const [base, length] of pieces) expect(made.add(base, length)).toBe(true)
    return made
  }
  return { ...kernel, calls, uio }
}

describe('uiomove', () => {
  const holeFirst = [
    [4096, 100],
    [8192, 50],
  ] as const

  it('of 2004 loses the error of a failed piece when a later one succeeds, and counts both as moved (bug)', () => {
    const { machine, calls, uio } = setup('dragonfly-2004')
    const list = uio(UIO_USERSPACE, UIO_READ, holeFirst)
    expect(calls.uiomove(kva(SPARE), 200, list)).toBe(OK)
    expect([list.resid, list.offset]).toEqual([0, 150])
    expect(bytesOf(machine, 202, 0, 50)).toEqual(bytesOf(machine, 100, 100, 50))
  })

  it('of 2004 returns the error of the last piece, which still counts as moved (bug)', () => {
    const { calls, uio } = setup('dragonfly-2004')
    const list = uio(UIO_USERSPACE, UIO_READ, [
      [0, 10],
      [4096, 100],
    ])
    expect(calls.uiomove(kva(SPARE), 200, list)).toBe(EFAULT)
    expect([list.resid, list.offset]).toEqual([0, 110])
  })

  it('of 2020 ends at the failed piece, which stays in the uio', () => {
    const { machine, calls, uio } = setup('dragonfly-2020')
    const before = bytesOf(machine, 202, 0, 50)
    const list = uio(UIO_USERSPACE, UIO_READ, holeFirst)
    expect(calls.uiomove(kva(SPARE), 200, list)).toBe(EFAULT)
    expect([list.resid, list.offset, list.iovcnt]).toEqual([150, 0, 2])
    expect(bytesOf(machine, 202, 0, 50)).toEqual(before)
  })

  it('moves between kernel buffers, or only the counts', () => {
    const { machine, calls, uio } = setup('dragonfly-2020')
    const source = bytesOf(machine, 101, 0, 60)
    const list = uio(UIO_SYSSPACE, UIO_WRITE, [[kva(SPARE + 1), 100]])
    expect(calls.uiomove(kva(SPARE), 60, list)).toBe(OK)
    expect(bytesOf(machine, 100, 0, 60)).toEqual(source)
    expect([list.resid, list.iovcnt, list.base[0]]).toEqual([40, 1, kva(SPARE + 1) + 60])
    const counted = uio(UIO_NOCOPY, UIO_READ, [
      [0, 0],
      [9e9, 30],
    ])
    expect(calls.uiomove(kva(SPARE), 60, counted)).toBe(OK)
    expect([counted.resid, counted.offset]).toEqual([0, 30])
  })
})

describe('uiomove_frombuf', () => {
  it('moves from the file position on', () => {
    const { machine, calls, uio } = setup('dragonfly-2020')
    const list = uio(UIO_USERSPACE, UIO_READ, [[0, 100]])
    list.offset = 4090
    expect(calls.uiomove_frombuf(kva(SPARE), 4100, list)).toBe(OK)
    expect(list.resid).toBe(90)
    expect(bytesOf(machine, 200, 0, 6)).toEqual(bytesOf(machine, 100, 4090, 6))
    expect(calls.uiomove_frombuf(kva(SPARE), 4100, list)).toBe(OK)
    expect(list.resid).toBe(90)
  })

  it.each([
    ['dragonfly-2004', -1, 10, EINVAL],
    ['dragonfly-2004', 2 ** 32, 10, EINVAL],
    ['dragonfly-2020', 2 ** 32, 10, OK],
    ['dragonfly-2004', 0, 2 ** 31, EINVAL],
  ] as const)('of %s at %i of %i bytes: errno %i', (dialect, offset, length, error) => {
    const { calls, uio } = setup(dialect)
    const list = uio(UIO_USERSPACE, UIO_READ, [[0, 1]])
    list.offset = offset
    expect(calls.uiomove_frombuf(kva(SPARE), length, list)).toBe(error)
    expect(list.resid).toBe(1)
  })
})

describe('limits', () => {
  it.each([
    ['dragonfly-2004', UIO_MAXIOV - 1, OK],
    ['dragonfly-2004', UIO_MAXIOV, EMSGSIZE],
    ['dragonfly-2020', UIO_MAXIOV, OK],
    ['dragonfly-2020', UIO_MAXIOV + 1, EMSGSIZE],
  ] as const)('%s takes over %i pieces: errno %i', (dialect, count, error) => {
    const { calls } = setup(dialect)
    const lengths = new Float64Array(count).fill(3)
    const list = new Uio(UIO_MAXIOV)
    expect(calls.iovec_copyin(list, new Float64Array(count), lengths, count)).toBe(error)
    expect([list.iovcnt, list.resid]).toEqual(error === OK ? [count, 3 * count] : [0, 0])
  })

  it('refuses a piece that does not fit', () => {
    const list = new Uio(1)
    expect([list.add(0, 5), list.add(5, 5), list.resid]).toEqual([true, false, 5])
  })

  it('ends quietly when the pieces are fewer than resid says', () => {
    const { calls, uio } = setup('dragonfly-2004')
    const list = uio(UIO_USERSPACE, UIO_READ, [[0, 5]])
    list.resid = 50
    expect(calls.uiomove_fromphys(Int32Array.of(100), 0, 50, list)).toBe(OK)
    expect(list.resid).toBe(45)
  })
})

describe('ureadc', () => {
  it('stores one byte, past empty pieces', () => {
    const { machine, calls, uio } = setup('dragonfly-2004')
    const list = uio(UIO_USERSPACE, UIO_READ, [
      [4096, 0],
      [8192, 1],
      [4096, 1],
    ])
    expect(calls.ureadc(0x5a, list)).toBe(OK)
    expect(bytesOf(machine, 202, 0, 1)).toEqual([0x5a])
    expect(calls.ureadc(1, list)).toBe(EFAULT)
    expect(list.resid).toBe(1)
    const kernel = uio(UIO_SYSSPACE, UIO_READ, [[kva(SPARE) + 1, 1]])
    expect(calls.ureadc(0x66, kernel)).toBe(OK)
    expect(bytesOf(machine, 100, 1, 1)).toEqual([0x66])
    expect(() => calls.ureadc(1, kernel)).toThrow('the uio is full')
  })
})
