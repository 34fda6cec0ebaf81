import { expect, it } from 'vitest'
import { SFB_CPUPRIVATE } from '../../../../src/sim/kernel/msf-buf/dragonfly-2005.ts'
import { MsfBufs2005 } from '../../../../src/sim/kernel/msf-buf/dragonfly-2005.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { KernelThreads } from '../../../../src/sim/kernel/sleep-channel.ts'
import { Xio } from '../../../../src/sim/kernel/xio.ts'
import { PAGE_SIZE } from '../../../../src/sim/machine/page.ts'
import { KernelBench } from '../kernel-bench.ts'

/** Processor and page list, in turn: the last maps nothing that is not in the page table already. */
const CALLS: [cpu: number, pages: number[]][] = [
  [1, [7, 8]],
  [0, [7, 9]],
  [1, [7]],
  [1, [7, 9]],
]

it('goes wrong with private mappings of 2005 whose lists differ in length: the mask stands for all pages of a slot', () => {
  const { machine, pmap, xios } = new KernelBench({ cpus: 2 })
  const threads = new KernelThreads(1, () => undefined)
  const msfs = new MsfBufs2005({ machine, pmap, xios, threads, firstPage: 100, count: 1 })
  const seen = CALLS.map(([cpu, pages]) => {
    machine.switchTo(cpu, 0)
    const msf = msfs.msf_map_pagelist(Int32Array.from(pages), pages.length, SFB_CPUPRIVATE)
    const frames = pages.map((_, i) => machine.translate(msfs.msf_buf_kva(msf) + i * PAGE_SIZE) / PAGE_SIZE)
    msfs.msf_buf_free(msf)
    return frames
  })
  expect(seen).toEqual([[7, 8], [7, 9], [7], [7, 8]])
  expect(machine.counters.staleAccesses).toBe(1)
})

it('is right with the msf_bufs of the post, which clear a slot when they leave it', () => {
  const { machine, msfs, xios, slots } = new KernelBench({ cpus: 2 })
  while (slots.free > 1) slots.take()
  const seen = CALLS.map(([cpu, pages]) => {
    machine.switchTo(cpu, 0)
    const xio = new Xio()
    xios.xio_init_pages(xio, Int32Array.from(pages), pages.length)
    const msf = new MsfBuf()
    msfs.msf_create_from_xio(msf, xio)
    msfs.msf_require_buf(msf)
    const frames = pages.map((_, i) => machine.translate(msf.kva + i * PAGE_SIZE) / PAGE_SIZE)
    msfs.msf_release(msf)
    return frames
  })
  expect(seen).toEqual(CALLS.map(([, pages]) => pages))
  expect(machine.counters).toMatchObject({ staleAccesses: 0, ipis: 0 })
})
