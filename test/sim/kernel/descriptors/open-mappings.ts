import { WOULD_BLOCK } from '../../../../src/sim/kernel/sleep-channel.ts'
import { AFTER_SIGNAL, INTERRUPTED } from '../../../../src/sim/kernel/sleep-channel.ts'
import type { CallReason } from '../../../../src/sim/kernel/sleep-channel.ts'
import { ENOMEM } from '../../../../src/sim/kernel/errno.ts'
import { SFBA_PCATCH, SFBA_QUICK } from '../../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { SFB_CPUPRIVATE, SFB_NOWAIT } from '../../../../src/sim/kernel/sf-buf/freebsd.ts'
import { DMAP_BASE, KVA_BASE } from '../../../../src/sim/machine/page-table.ts'
import { PAGE_SIZE } from '../../../../src/sim/machine/page.ts'
import type { View } from './view.ts'
import type { World } from './world.ts'
import { must } from './world.ts'

/** A kernel buffer that any processor may use, at a known address. */
export interface Buffer extends View {
  readonly kind: 'kernel buffer'
  readonly kva: number
}

/** What a mapping is, besides how it is reached. */
export type Mapping = Pick<View, 'kind' | 'pages' | 'offset' | 'bytes' | 'close'> &
  Partial<Pick<View, 'cpu' | 'holds' | 'base'>>

/** A view through kernel addresses. @param kva address of the first byte, asked for at each use */
export function kernelView({ copies }: World, kva: () => number, mapping: Mapping): View {
  return {
    cpu: null,
    holds: false,
    base: null,
    ...mapping,
    read: (at, bytes, to) => copies.bcopy(kva() + at, to, bytes),
    write: (at, bytes, from) => copies.bcopy(from, kva() + at, bytes),
  }
}

/** pmap_qenter, or pmap_kenter page by page; part of the buffer is the data. */
export function openBuffer(world: World): Buffer | null {
  const pages = world.somePages(world.chance(10) ? 34 : 6)
  const first = pages.length === 0 ? -1 : world.buffers.alloc(pages.length)
  if (first < 0) return null
  const { pmap } = world.bench
  const start = KVA_BASE + first * PAGE_SIZE
  if (world.chance(70)) pmap.pmap_qenter(start, Int32Array.from(pages), pages.length)
  else pages.forEach((pfn, i) => pmap.pmap_kenter(start + i * PAGE_SIZE, pfn))
  const offset = world.random.below(PAGE_SIZE)
  const bytes = pages.length * PAGE_SIZE - offset - world.random.below(PAGE_SIZE - offset)
  const close = (): void => {
    if (world.chance(70)) pmap.pmap_qremove(start, pages.length)
    else pages.forEach((_, i) => pmap.pmap_kremove(start + i * PAGE_SIZE))
    world.buffers.free(first, pages.length)
    world.switchToAny()
    const still = pages.findIndex((_, i) => world.bench.machine.translate(start + i * PAGE_SIZE) >= 0)
    must(still < 0, `page ${still} of a removed buffer can be read`)
  }
  const kva = start + offset
  const view = kernelView(world, () => kva, { kind: 'kernel buffer', pages, offset, bytes, close })
  return { ...view, kind: 'kernel buffer', kva }
}

/** One page for one processor: pmap_kenter_quick; any other asks with pmap_kenter_sync_quick each time. */
export function openQuickPage(world: World): View | null {
  const [pfn] = world.somePages(1)
  const page = pfn === undefined ? -1 : world.buffers.alloc(1)
  if (pfn === undefined || page < 0) return null
  const { machine, pmap } = world.bench
  const kva = KVA_BASE + page * PAGE_SIZE
  pmap.pmap_kenter_quick(kva, pfn)
  const owner = machine.cpu.id
  const close = (): void => {
    pmap.pmap_kremove(kva)
    world.buffers.free(page, 1)
  }
  const reach = (): number => {
    if (machine.cpu.id !== owner) pmap.pmap_kenter_sync_quick(kva)
    return kva
  }
  return kernelView(world, reach, { kind: 'quick page', pages: [pfn], offset: 0, bytes: PAGE_SIZE, close })
}

export function openDirectMap(world: World): View | null {
  const [pfn] = world.somePages(1)
  if (pfn === undefined) return null
  const close = (): void => undefined
  const whole = { kind: 'direct map', pages: [pfn], offset: 0, bytes: PAGE_SIZE, close }
  return kernelView(world, () => DMAP_BASE + pfn * PAGE_SIZE, whole)
}

/** Shared or private sf_buf of DragonFly 2004. When all are in use, the sleep for one ends by a signal. */
export function openSf2004(world: World): View | null {
  const [pfn] = world.somePages(1)
  if (pfn === undefined) return null
  const { sfs, bench } = world
  const quick = world.chance(50)
  const sf = orInterrupted((reason) => sfs.sf_buf_alloc(pfn, SFBA_PCATCH | (quick ? SFBA_QUICK : 0), reason))
  if (sf < 0) return null
  const cpu = quick ? bench.machine.cpu.id : null
  const close = (): void => sfs.sf_buf_free(sf)
  const page = { kind: 'sf_buf of 2004', pages: [pfn], offset: 0, bytes: PAGE_SIZE, cpu, close }
  return kernelView(world, () => sfs.sf_buf_kva(sf), page)
}

/** Shared or private sf_buf of FreeBSD. */
export function openFreeBsdSf(world: World): View | null {
  const [pfn] = world.somePages(1)
  if (pfn === undefined) return null
  const { freeBsd, bench } = world
  const isPrivate = world.chance(50)
  const sf = freeBsd.sf_buf_alloc(pfn, SFB_NOWAIT | (isPrivate ? SFB_CPUPRIVATE : 0))
  if (sf === -ENOMEM) return null
  const cpu = isPrivate ? bench.machine.cpu.id : null
  const close = (): void => freeBsd.sf_buf_free(sf)
  const page = { kind: 'sf_buf of FreeBSD', pages: [pfn], offset: 0, bytes: PAGE_SIZE, cpu, close }
  return kernelView(world, () => freeBsd.sf_buf_kva(sf), page)
}

export function openLwbuf(world: World): View | null {
  const [pfn] = world.somePages(1)
  if (pfn === undefined) return null
  const { lwbufs, bench } = world
  const wasEmpty = lwbufs.freeOn(bench.machine.cpu.id) === 0
  const lwb = lwbufs.lwbuf_alloc(pfn)
  if (lwb === -ENOMEM) return null
  if (wasEmpty) world.lwbufsMade += 1 + lwbufs.freeOn(bench.machine.cpu.id)
  if (world.chance(20)) lwbufs.lwbuf_set_global(lwb)
  const close = (): void => lwbufs.lwbuf_free(lwb)
  const page = { kind: 'lwbuf', pages: [pfn], offset: 0, bytes: PAGE_SIZE, close }
  return kernelView(world, () => lwbufs.lwbuf_kva(lwb), page)
}

/** Makes a call that may sleep; a signal ends the sleep. @returns what the call returned in the end */
export function orInterrupted(call: (reason: CallReason) => number): number {
  const first = call(0)
  if (first !== WOULD_BLOCK) return first
  const second = call(AFTER_SIGNAL)
  must(second === INTERRUPTED || second === -ENOMEM || second === -2, `a signal gave ${second}`)
  return second
}
