import { describe, expect, it } from 'vitest'
import { DirectMapSfBufs } from '../../../../src/sim/kernel/sf-buf/direct-map.ts'
import { SfBufs2004 } from '../../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { FreeBsdSfBufs } from '../../../../src/sim/kernel/sf-buf/freebsd.ts'
import { DirectMapLwBufs } from '../../../../src/sim/kernel/sf-buf/lwbuf-direct-map.ts'
import { I386LwBufs } from '../../../../src/sim/kernel/sf-buf/lwbuf-i386.ts'
import type { PageWindow } from '../../../../src/sim/kernel/sf-buf/page-window.ts'
import { FirstFitArena } from '../../../../src/sim/kernel/vm/first-fit-arena.ts'
import { ENOMEM } from '../../../../src/sim/kernel/errno.ts'
import { smallKernel, watch, type SmallKernel } from '../small-kernel.ts'

const makers: Record<string, (kernel: SmallKernel) => PageWindow> = {
  'sf_buf 2004': ({ machine, pmap, threads }) =>
    new SfBufs2004(machine, pmap, threads, { firstPage: 0, count: 4, quick: true }),
  'sf_buf FreeBSD': ({ machine, pmap, threads }) => new FreeBsdSfBufs(machine, pmap, threads, 0, 4),
  'sf_buf 64-bit': () => new DirectMapSfBufs(),
  'lwbuf i386': ({ machine, pmap }) => new I386LwBufs(machine, pmap, new FirstFitArena(0, 64), 4),
  'lwbuf x86_64': ({ machine }) => new DirectMapLwBufs(machine),
}

describe.each(Object.entries(makers))('%s as a window', (_name, make) => {
  it('shows the page that was asked for, on the processor that asks, without an IPI', () => {
    const kernel = smallKernel(3)
    const window = make(kernel)
    for (const [cpu, pfn] of [
      [0, 10],
      [1, 11],
      [1, 10],
      [2, 10],
      [0, 12],
      [0, 13],
      [0, 14],
      [2, 15],
      [1, 14],
    ] as const) {
      kernel.machine.switchTo(cpu, 0)
      const handle = window.open(pfn)
      expect(kernel.machine.translate(window.address(handle), false)).toBe(pfn * 4096)
      window.close(handle)
    }
    expect(kernel.machine.counters).toMatchObject({ ipis: 0, staleAccesses: 0 })
  })
})

describe('lwbuf of i386', () => {
  it('invalidates on each further processor when that first asks for the address', () => {
    const kernel = smallKernel(4)
    const lwbufs = new I386LwBufs(kernel.machine, kernel.pmap, new FirstFitArena(0, 256), 2)
    const log = watch(kernel, 1, 256)
    const lwb = lwbufs.lwbuf_alloc(10)
    lwbufs.lwbuf_kva(lwb)
    expect(log.take()).toBe('P1.0=10 I1.0')
    kernel.machine.switchTo(3, 0)
    lwbufs.lwbuf_kva(lwb)
    lwbufs.lwbuf_kva(lwb)
    expect(log.take()).toBe('I1.0')
    lwbufs.lwbuf_set_global(lwb)
    lwbufs.lwbuf_set_global(lwb)
    expect(log.take()).toBe('S1.0@7 I1.0')
  })

  it('grows a list by 32 when it is empty, and fails when no KVA is left', () => {
    const { machine, pmap } = smallKernel(2)
    const lwbufs = new I386LwBufs(machine, pmap, new FirstFitArena(0, 40), 4)
    for (let i = 0; i < 5; i++) lwbufs.lwbuf_alloc(10 + i)
    expect(lwbufs.freeOn(0)).toBe(31)
    expect(lwbufs.freeOn(1)).toBe(4)
    for (let i = 0; i < 31; i++) expect(lwbufs.lwbuf_alloc(20)).toBeGreaterThan(0)
    expect(lwbufs.lwbuf_alloc(21)).toBe(-ENOMEM)
    machine.switchTo(1, 0)
    lwbufs.lwbuf_free(0)
    expect(lwbufs.freeOn(1)).toBe(5)
  })
})
