import { ENOMEM, OK } from '../../../../src/sim/kernel/errno.ts'
import { SFB_CATCH, SFB_CPUPRIVATE } from '../../../../src/sim/kernel/msf-buf/dragonfly-2005.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { SFBA_PCATCH, SFBA_QUICK } from '../../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { XIO_INTERNAL_PAGES } from '../../../../src/sim/kernel/xio.ts'
import { PAGE_SIZE } from '../../../../src/sim/machine/page.ts'
import type { ListCopies } from './list-copies.ts'
import type { List, UserBuffer } from './open-lists.ts'
import { partOf } from './open-lists.ts'
import type { Buffer } from './open-mappings.ts'
import { kernelView, orInterrupted } from './open-mappings.ts'
import type { View } from './view.ts'
import type { World } from './world.ts'
import { must } from './world.ts'

/** An msf_buf of the post. Each use is through the form that the processor drawn may use, required at random before. */
export interface PostMsf extends View {
  readonly kind: 'msf_buf'
  readonly msf: MsfBuf
  /** Asks for the data's other form, on the current processor. */
  require(): void
}

export function openMsf2004(world: World): View | null {
  const pages = world.somePages(4, world.onlyLength)
  if (!isAllowed(world, pages)) return null
  const { msfs2004, bench } = world
  const quick = world.onlyLength !== null && world.chance(70)
  const flags = SFBA_PCATCH | (quick ? SFBA_QUICK : 0)
  const msf = orInterrupted((reason) =>
    msfs2004.msf_buf_alloc(Int32Array.from(pages), pages.length, flags, reason),
  )
  if (msf < 0) return null
  const cpu = quick ? bench.machine.cpu.id : null
  const close = (): void => msfs2004.msf_buf_free(msf)
  const bytes = pages.length * PAGE_SIZE
  must(msfs2004.msf_buf_bytes(msf) === bytes, 'msf_buf_bytes')
  return kernelView(world, () => msfs2004.msf_buf_kva(msf), {
    kind: 'msf_buf of 2004',
    pages,
    offset: 0,
    bytes,
    cpu,
    close,
  })
}

/** Maps pages, a page list, or part of a kernel's or a user's buffer. */
export function openMsf2005(world: World, of: List | Buffer | UserBuffer | null): View | null {
  const { msfs2005, bench, space } = world
  const part =
    of === null
      ? whole(world.somePages(4, world.onlyLength))
      : of.kind === 'page list'
        ? { ...of, at: 0 }
        : partOf(world, of)
  if (!isAllowed(world, part.pages)) return null
  const isPrivate = world.onlyLength !== null && world.chance(70)
  const flags = SFB_CATCH | (isPrivate ? SFB_CPUPRIVATE : 0)
  const msf = orInterrupted((reason) => {
    switch (of?.kind) {
      case 'page list':
        return msfs2005.msf_map_xio(of.xio, flags, reason)
      case 'kernel buffer':
        return msfs2005.msf_map_kbuf(of.kva + part.at, part.bytes, flags, reason)
      case 'user buffer':
        return msfs2005.msf_map_ubuf(space, of.uaddr + part.at, part.bytes, flags, reason)
      case undefined:
        return msfs2005.msf_map_pagelist(Int32Array.from(part.pages), part.pages.length, flags, reason)
    }
  })
  if (msf < 0) return null
  must(msfs2005.msf_buf_bytes(msf) === part.bytes, 'msf_buf_bytes')
  return kernelView(world, () => msfs2005.msf_buf_kva(msf), {
    kind: 'msf_buf of 2005',
    pages: part.pages,
    offset: part.offset,
    bytes: part.bytes,
    cpu: isPrivate ? bench.machine.cpu.id : null,
    holds: of !== null && of.kind !== 'page list',
    base: of !== null && of.kind === 'page list' ? of : null,
    close: () => msfs2005.msf_buf_free(msf),
  })
}

/** An msf_buf of the post for a page list or for part of a mapped buffer, from the pool or the caller's own. */
export function openPostMsf(world: World, copies: ListCopies, of: List | Buffer): PostMsf | null {
  const { msfs, machine } = world.bench
  const own = world.chance(50) ? new MsfBuf() : null
  const part = of.kind === 'page list' ? { ...of, at: 0 } : partOf(world, of)
  const msf =
    of.kind === 'page list'
      ? msfs.msf_create_from_xio(own, of.xio)
      : msfs.msf_create_from_buf(own, of.kva + part.at, part.bytes)
  if (typeof msf === 'number') {
    must(msf === ENOMEM && own === null && msfs.poolFree === 0, `msf_create failed: ${msf}`)
    return null
  }
  const asked = new Set<number>()
  const mayUseKva = (): boolean => of.kind === 'kernel buffer' || asked.has(machine.cpu.id)
  const reach = (): boolean => {
    if (!mayUseKva() && msf.xio === null) throw new Error('the msf_buf has neither form')
    return msf.xio === null || (mayUseKva() && world.chance(80))
  }
  const mapped = kernelView(world, () => msf.kva, { kind: 'msf_buf', ...part, close: () => undefined })
  return {
    ...mapped,
    kind: 'msf_buf',
    base: of,
    msf,
    read: (at, bytes, to) => (reach() ? mapped.read(at, bytes, to) : copies.read(msf.xio!, at, bytes, to)),
    write: (at, bytes, from) =>
      reach() ? mapped.write(at, bytes, from) : copies.write(msf.xio!, at, bytes, from),
    close: () => {
      const { slot } = msf
      msfs.msf_release(msf)
      for (let page = slot; slot >= 0 && page < slot + XIO_INTERNAL_PAGES; page++)
        must(machine.pageTable.frameOf(page) < 0, `msf_release left page ${page - slot} of its slot mapped`)
    },
    require: () => {
      const { ipis } = machine.counters
      const error =
        of.kind === 'page list' || world.chance(50) ? msfs.msf_require_buf(msf) : msfs.msf_require_xio(msf)
      must(error === OK || (error === ENOMEM && world.bench.slots.free === 0), `msf_require failed: ${error}`)
      must(machine.counters.ipis === ipis, 'msf_require sent an IPI')
      if (error === OK && of.kind === 'page list') asked.add(machine.cpu.id)
    },
  }
}

function isAllowed({ onlyLength }: World, pages: readonly number[]): boolean {
  return pages.length > 0 && (onlyLength === null || pages.length === onlyLength)
}

function whole(pages: number[]): { at: number; bytes: number; offset: number; pages: number[] } {
  return { at: 0, bytes: pages.length * PAGE_SIZE, offset: 0, pages }
}
