import { describe, expect, it } from 'vitest'
import { EFAULT, OK } from '../../../../src/sim/kernel/errno.ts'
import { SimulationFault } from '../../../../src/sim/machine/physical-memory.ts'
import { bytesOf, kva, smallKernel, SPARE, stamp } from '../small-kernel.ts'

describe('UserSpace', () => {
  it('faults anonymous memory in on the first touch, once', () => {
    const { space } = smallKernel()
    space.reserve(2, 3)
    expect(space.pmap_extract(2 * 4096)).toBe(-1)
    expect(space.vm_fault_quick(2 * 4096 + 100, true)).toBe(3000)
    expect(space.vm_fault_quick(2 * 4096, false)).toBe(3000)
    expect(space.vm_fault_quick(4 * 4096, false)).toBe(3001)
    expect(space.pmap_extract(2 * 4096 + 4095)).toBe(3000)
  })

  it('fails in holes, outside, for writes to read-only pages, and without memory', () => {
    const { space } = smallKernel()
    space.mapPage(1, 50)
    space.setReadOnly(1, true)
    expect(space.vm_fault_quick(0, false)).toBe(-1)
    expect(space.vm_fault_quick(4096 * 256, false)).toBe(-1)
    expect(space.vm_fault_quick(4096, true)).toBe(-1)
    expect(space.vm_fault_quick(4096, false)).toBe(50)
    space.setReadOnly(1, false)
    expect(space.vm_fault_quick(4096, true)).toBe(50)
    space.unmapPage(1)
    expect(space.vm_fault_quick(4096, false)).toBe(-1)
    space.reserve(10, 20)
    for (let page = 10; page < 20; page++) space.vm_fault_quick(page * 4096, true)
    expect(space.vm_fault_quick(20 * 4096, true)).toBe(-1)
  })
})

describe('copies', () => {
  function mapped() {
    const kernel = smallKernel()
    kernel.pmap.pmap_qenter(kva(SPARE), Int32Array.of(100, 101), 2)
    for (const pfn of [100, 101, 200, 201]) stamp(kernel.machine, pfn)
    kernel.space.mapPage(0, 200)
    kernel.space.mapPage(1, 201)
    return kernel
  }

  it('move across page borders on both sides', () => {
    const { machine, copies, space } = mapped()
    const start = bytesOf(machine, 100, 3000, 1096).concat(bytesOf(machine, 101, 0, 904))
    expect(copies.copyout(kva(SPARE) + 3000, space, 4000, 2000)).toBe(OK)
    expect(bytesOf(machine, 200, 4000, 96).concat(bytesOf(machine, 201, 0, 1904))).toEqual(start)
    expect(copies.copyin(space, 4000, kva(SPARE) + 10, 2000)).toBe(OK)
    expect(bytesOf(machine, 100, 10, 2000)).toEqual(start)
  })

  it('move nothing when part of the user range is missing', () => {
    const { machine, copies, space } = mapped()
    const before = bytesOf(machine, 201, 4000, 96)
    expect(copies.copyout(kva(SPARE), space, 8096, 200)).toBe(EFAULT)
    expect(bytesOf(machine, 201, 4000, 96)).toEqual(before)
    expect(copies.copyin(space, 8096, kva(SPARE), 200)).toBe(EFAULT)
  })

  it('of no bytes touch nothing, not even a hole', () => {
    const { copies, space } = mapped()
    expect(copies.copyout(kva(SPARE), space, 99 * 4096, 0)).toBe(OK)
  })

  it('panic on a hole in the kernel', () => {
    const { copies } = mapped()
    expect(() => copies.bcopy(kva(SPARE), kva(SPARE + 2), 1)).toThrow(SimulationFault)
  })
})
