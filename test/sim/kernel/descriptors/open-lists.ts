import { EFAULT, OK } from '../../../../src/sim/kernel/errno.ts'
import { XIOF_WRITE, Xio } from '../../../../src/sim/kernel/xio.ts'
import { PAGE_SIZE } from '../../../../src/sim/machine/page.ts'
import type { ListCopies } from './list-copies.ts'
import type { Buffer } from './open-mappings.ts'
import type { View } from './view.ts'
import type { World } from './world.ts'
import { USER_PAGES, must } from './world.ts'

/** A page list that holds its pages. */
export interface List extends View {
  readonly kind: 'page list'
  readonly xio: Xio
}

/** A stretch of user space, all of which is there. */
export interface UserBuffer extends View {
  readonly kind: 'user buffer'
  readonly uaddr: number
}

/** Owned pages, or new ones that a fault brings in. */
export function openUserBuffer(world: World): UserBuffer | null {
  const { space, copies, userPages } = world
  const fresh = world.chance(30)
  const wanted = fresh ? 1 + world.random.below(3) : 0
  const pages = fresh ? [] : world.somePages(5)
  const first = userPages.alloc(Math.max(1, wanted + pages.length))
  if (first < 0) return null
  pages.forEach((pfn, i) => space.mapPage(first + i, pfn))
  space.reserve(first + pages.length, wanted)
  for (let i = 0; i < wanted; i++) {
    if (copies.copyin(space, (first + i) * PAGE_SIZE, world.scratch, 1) === OK)
      pages.push(space.pmap_extract((first + i) * PAGE_SIZE))
    else space.unmapPage(first + i)
  }
  const held = Math.max(1, wanted, pages.length)
  const unmap = (): void => {
    for (let i = 0; i < held; i++) space.unmapPage(first + i)
    userPages.free(first, held)
  }
  if (pages.length === 0) {
    unmap()
    return null
  }
  const offset = world.random.below(PAGE_SIZE)
  const uaddr = first * PAGE_SIZE + offset
  return {
    kind: 'user buffer',
    pages,
    offset,
    bytes: pages.length * PAGE_SIZE - offset,
    cpu: null,
    holds: false,
    base: null,
    uaddr,
    read: (at, bytes, to) => must(copies.copyin(space, uaddr + at, to, bytes) === OK, 'copyin failed'),
    write: (at, bytes, from) => must(copies.copyout(from, space, uaddr + at, bytes) === OK, 'copyout failed'),
    close: unmap,
  }
}

export function openPagesList(world: World, copies: ListCopies): List | null {
  const pages = world.somePages(world.chance(10) ? 32 : 5)
  if (pages.length === 0) return null
  const xio = new Xio()
  const error = world.bench.xios.xio_init_pages(xio, Int32Array.from(pages), pages.length)
  must(error === OK, `xio_init_pages: ${error}`)
  return listView(world, copies, xio, pages, 0, pages.length * PAGE_SIZE)
}

/** The list of part of a kernel buffer; at times of more than there is, which must fail and hold nothing. */
export function openBufferList(world: World, copies: ListCopies, buffer: Buffer): List | null {
  const part = partOf(world, buffer)
  const xio = new Xio()
  const { xios, holds } = world.bench
  const before = holds.total
  if (world.chance(10) && buffer.pages.length < 20) {
    const error = xios.xio_init_kbuf(xio, buffer.kva, (buffer.pages.length + 64) * PAGE_SIZE)
    must(error === EFAULT || xio.npages === 32, 'xio_init_kbuf found more than was mapped')
    if (error === OK) xios.xio_release(xio)
    must(holds.total === before, 'xio_init_kbuf failed and held pages')
    return null
  }
  must(xios.xio_init_kbuf(xio, buffer.kva + part.at, part.bytes) === OK, 'xio_init_kbuf failed')
  return listView(world, copies, xio, part.pages, part.offset, part.bytes)
}

/** The list of part of a user's buffer; at times of more than there is, which must fail and hold nothing. */
export function openUserList(world: World, copies: ListCopies, buffer: UserBuffer): List | null {
  const part = partOf(world, buffer)
  const xio = new Xio()
  const { xios, holds } = world.bench
  const before = holds.total
  if (world.chance(10)) {
    const last = (USER_PAGES - 1) * PAGE_SIZE
    must(xios.xio_init_ubuf(xio, world.space, last, 3 * PAGE_SIZE, 0) === EFAULT, 'no fault beyond the space')
    must(holds.total === before, 'xio_init_ubuf failed and held pages')
    return null
  }
  const error = xios.xio_init_ubuf(xio, world.space, buffer.uaddr + part.at, part.bytes, XIOF_WRITE)
  must(error === OK, `xio_init_ubuf: ${error}`)
  return listView(world, copies, xio, part.pages, part.offset, part.bytes)
}

/** Some of a buffer's data: at most what a page list can have. */
export function partOf(
  world: World,
  buffer: View,
): { at: number; bytes: number; offset: number; pages: number[] } {
  const at = world.random.below(buffer.bytes)
  const place = buffer.offset + at
  const offset = place % PAGE_SIZE
  const bytes = 1 + world.random.below(Math.min(buffer.bytes - at, 32 * PAGE_SIZE - offset))
  const first = Math.floor(place / PAGE_SIZE)
  return {
    at,
    bytes,
    offset,
    pages: buffer.pages.slice(first, Math.floor((place + bytes - 1) / PAGE_SIZE) + 1),
  }
}

function listView(
  world: World,
  copies: ListCopies,
  xio: Xio,
  pages: readonly number[],
  offset: number,
  bytes: number,
): List {
  must([...xio.pages.subarray(0, xio.npages)].join() === pages.join(), 'the list has other pages')
  must(xio.offset === offset && xio.bytes === bytes, 'the list begins or ends elsewhere')
  return {
    kind: 'page list',
    pages,
    offset,
    bytes,
    cpu: null,
    holds: true,
    base: null,
    xio,
    read: (at, count, to) => copies.read(xio, at, count, to),
    write: (at, count, from) => copies.write(xio, at, count, from),
    close: () => world.bench.xios.xio_release(xio),
  }
}
