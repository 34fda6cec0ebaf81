import { EWOULDBLOCK, OK } from '../../../../src/sim/kernel/errno.ts'
import { DirectMapSfBufs } from '../../../../src/sim/kernel/sf-buf/direct-map.ts'
import { DirectMapLwBufs } from '../../../../src/sim/kernel/sf-buf/lwbuf-direct-map.ts'
import type { PageWindow } from '../../../../src/sim/kernel/sf-buf/page-window.ts'
import {
  UIO_READ,
  UIO_SYSSPACE,
  UIO_USERSPACE,
  UIO_WRITE,
  Uio,
  UioCalls,
} from '../../../../src/sim/kernel/uio.ts'
import { Xio } from '../../../../src/sim/kernel/xio.ts'
import { XioCopy2004 } from '../../../../src/sim/kernel/xio/copy-2004.ts'
import { XioCopy2020 } from '../../../../src/sim/kernel/xio/copy-2020.ts'
import { PAGE_SIZE } from '../../../../src/sim/machine/page.ts'
import type { World } from './world.ts'
import { SF_BUFS, USER_SCRATCH, must } from './world.ts'

interface Copies {
  readonly v2004: XioCopy2004
  readonly v2020: XioCopy2020
  /** Whether a page can be opened now. */
  readonly isReady: () => boolean
}

/** Copies between page lists and the scratch pages, by a call, a dialect and a page window drawn for each. */
export class ListCopies {
  private readonly world: World
  private readonly all: readonly Copies[]
  private readonly uio = new Uio()
  private readonly consumed = new Xio()

  constructor(world: World) {
    this.world = world
    const anyFree = (refs: { refsOf(index: number): number }, count: number) => (): boolean =>
      Array.from({ length: count }, (_, i) => refs.refsOf(i)).includes(0)
    const always = (): boolean => true
    this.all = [
      this.through(new DirectMapSfBufs(), always),
      this.through(new DirectMapLwBufs(world.bench.machine), always),
      this.through(world.sfs, anyFree(world.sfs, SF_BUFS)),
      this.through(world.freeBsd, anyFree(world.freeBsd, SF_BUFS)),
      this.through(world.lwbufs, () => world.lwbufs.freeOn(world.bench.machine.cpu.id) > 0),
    ]
  }

  /** @param to in the scratch pages */
  read(xio: Xio, at: number, bytes: number, to: number): void {
    const { v2004, v2020 } = this.copies()
    const { space } = this.world
    const user = this.userAddress(to)
    const error = [
      () => v2020.xio_copy_xtok(xio, at, to, bytes),
      () => v2020.xio_copy_xtou(xio, at, space, user, bytes),
      () => v2020.xio_uio_copy(xio, at, this.uioOf(UIO_READ, to, bytes)),
      () => v2004.xio_copy_xtok(this.rest(xio, at), to, bytes),
      () => v2004.xio_copy_xtou(this.rest(xio, at), space, user, bytes),
      () => v2004.xio_uio_copy(this.rest(xio, at), this.uioOf(UIO_READ, to, bytes)),
    ][this.world.random.below(6)]!()
    must(error === OK, `a copy out of a list failed: ${error === EWOULDBLOCK ? 'it would block' : error}`)
  }

  /** @param from in the scratch pages */
  write(xio: Xio, at: number, bytes: number, from: number): void {
    const { v2004, v2020 } = this.copies()
    const error = [
      () => v2020.xio_copy_ktox(xio, at, from, bytes),
      () => v2020.xio_copy_utox(xio, at, this.world.space, this.userAddress(from), bytes),
      () => v2020.xio_uio_copy(xio, at, this.uioOf(UIO_WRITE, from, bytes)),
      () => v2004.xio_uio_copy(this.rest(xio, at), this.uioOf(UIO_WRITE, from, bytes)),
    ][this.world.random.below(4)]!()
    must(error === OK, `a copy into a list failed: ${error}`)
  }

  private through(window: PageWindow, isReady: () => boolean): Copies {
    const { copies, bench } = this.world
    const uios = (dialect: 'dragonfly-2004' | 'dragonfly-2020'): UioCalls =>
      new UioCalls(bench.machine, copies, window, dialect)
    return {
      v2004: new XioCopy2004(copies, window, uios('dragonfly-2004')),
      v2020: new XioCopy2020(copies, window, uios('dragonfly-2020')),
      isReady,
    }
  }

  private copies(): Copies {
    const drawn = this.world.pick(this.all)
    return drawn.isReady() ? drawn : this.all[0]!
  }

  /** The same list from byte `at` on, to be consumed. */
  private rest(xio: Xio, at: number): Xio {
    const { consumed } = this
    consumed.pages.set(xio.pages)
    consumed.npages = xio.npages
    consumed.offset = xio.offset + at
    consumed.bytes = xio.bytes - at
    return consumed
  }

  /** Scratch memory in two pieces, at kernel or user addresses. */
  private uioOf(rw: number, address: number, bytes: number): Uio {
    const user = this.world.chance(50)
    const base = user ? this.userAddress(address) : address
    const cut = this.world.random.below(bytes + 1)
    this.uio.reset(user ? UIO_USERSPACE : UIO_SYSSPACE, rw, this.world.space)
    this.uio.add(base, cut)
    this.uio.add(base + cut, bytes - cut)
    return this.uio
  }

  private userAddress(address: number): number {
    return USER_SCRATCH * PAGE_SIZE + (address - this.world.scratch)
  }
}
