import { describe, expect, it } from 'vitest'
import { PG_A, PG_M, PG_RW, PG_V } from '../../../src/sim/machine/page-table.ts'
import { kva, smallMachine } from '../kernel/small-kernel.ts'

describe('accessed and modified flags', () => {
  it('are set by the walk: accessed for a read, both for a write', () => {
    const machine = smallMachine()
    machine.pageTable.set(1, 7, PG_V | PG_RW)
    machine.pageTable.set(2, 8, PG_V | PG_RW)
    machine.translate(kva(1), false)
    machine.translate(kva(2), true)
    expect(machine.pageTable.flagsOf(1)).toBe(PG_V | PG_RW | PG_A)
    expect(machine.pageTable.flagsOf(2)).toBe(PG_V | PG_RW | PG_A | PG_M)
  })

  it('get modified at the first write through a cached entry, and no more until the entry is dropped', () => {
    const machine = smallMachine()
    machine.pageTable.set(1, 7, PG_V | PG_RW)
    machine.translate(kva(1), false)
    machine.translate(kva(1), true)
    expect(machine.pageTable.flagsOf(1) & PG_M).toBe(PG_M)
    machine.pageTable.set(1, 7, PG_V | PG_RW)
    machine.translate(kva(1), true)
    expect(machine.pageTable.flagsOf(1)).toBe(PG_V | PG_RW)
    machine.invalidateLocal(1)
    machine.translate(kva(1), true)
    expect(machine.pageTable.flagsOf(1) & PG_M).toBe(PG_M)
  })

  it('stay as they are when a stale entry is used', () => {
    const machine = smallMachine()
    machine.pageTable.set(1, 7, PG_V | PG_RW)
    machine.translate(kva(1), false)
    machine.pageTable.set(1, 9, PG_V | PG_RW)
    expect(machine.translate(kva(1), true)).toBe(7 * 4096)
    expect(machine.pageTable.flagsOf(1)).toBe(PG_V | PG_RW)
    expect(machine.counters.staleAccesses).toBe(1)
  })

  it('let nobody write to a page that is read only, cached or not', () => {
    const machine = smallMachine()
    machine.pageTable.set(1, 7, PG_V)
    expect(machine.translate(kva(1), true)).toBe(-1)
    expect(machine.translate(kva(1), false)).toBe(7 * 4096)
    expect(machine.translate(kva(1), true)).toBe(-1)
    expect(machine.translate(kva(1), true)).toBe(-1)
    expect(machine.pageTable.flagsOf(1)).toBe(PG_V | PG_A)
  })

  it('are none of a hole', () => {
    const machine = smallMachine()
    expect(machine.translate(kva(3), true)).toBe(-1)
    expect(machine.pageTable.flagsOf(3)).toBe(0)
  })
})
