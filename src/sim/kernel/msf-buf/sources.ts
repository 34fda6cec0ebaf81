import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../../machine/page.ts'
import type { MbufChain } from '../busdma/mbuf.ts'
import type { SiteName } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { EINVAL, ERANGE, OK } from '../errno.ts'
import { FIRST_CALL } from '../sleep-channel.ts'
import type { Uio } from '../uio.ts'
import { UIO_READ, UIO_SYSSPACE, UIO_USERSPACE } from '../uio.ts'
import type { PageHolds } from '../vm/page-holds.ts'
import { XIOF_READ, XIOF_WRITE, XIO_INTERNAL_PAGES, XIO_INTERNAL_SIZE, Xio } from '../xio.ts'
import type { XioCalls } from '../xio.ts'
import { HAS_BUF, HAS_XIO, OWN_BUF, OWN_XIO } from './msf-buf.ts'
import type { MsfBuf } from './msf-buf.ts'
import type { MsfBufCalls } from './post.ts'
import { MSF_NOWAIT } from './post.ts'

/**
 * More ways to make an msf_buf. Each makes a page list of its own and holds every page in it until msf_release. None of
 * them sleeps. A failed call leaves everything as it was.
 */
export class MsfSourceCalls {
  private readonly msfs: MsfBufCalls
  private readonly xios: XioCalls
  private readonly holds: PageHolds
  private readonly piece = new Xio()

  constructor(msfs: MsfBufCalls, xios: XioCalls, holds: PageHolds) {
    this.msfs = msfs
    this.xios = xios
    this.holds = holds
  }

  /**
   * From page frames: `bytes` bytes from byte `offset` of the first page on.
   * @returns the msf_buf, or an errno: EINVAL for no bytes, an offset outside of the first page, or bytes beyond the last;
   * ERANGE above 128 KiB, offset included; EBUSY when `opt` is in use; ENOMEM when the pool is empty
   */
  msf_create_from_pages(
    opt: MsfBuf | null,
    pages: Int32Array,
    count: number,
    offset: number,
    bytes: number,
  ): MsfBuf | Errno {
    if (!(bytes > 0) || !(offset >= 0 && offset < PAGE_SIZE) || count > pages.length) return EINVAL
    if (offset + bytes > XIO_INTERNAL_SIZE) return ERANGE
    if (offset + bytes > count * PAGE_SIZE) return EINVAL
    const msf = this.msfs.take(opt, MSF_NOWAIT, FIRST_CALL)
    if (typeof msf === 'number') return msf
    const used = (offset + bytes + PAGE_MASK) >>> PAGE_SHIFT
    this.xios.xio_init_pages(msf.ownXio, pages, used)
    msf.ownXio.offset = offset
    msf.ownXio.bytes = bytes
    return this.finish(msf, 'msf_create_from_pages')
  }

  /**
   * From what is left of a uio, user or kernel addresses: its first piece and those after it, as far as they make one page
   * list (each piece ends, and the next begins, at a page border) and 32 pages. `bytes` of the msf_buf says how much that
   * is. The uio stays as it is.
   * @returns the msf_buf, or an errno: EINVAL for an empty uio or one without addresses; EFAULT when the first piece cannot
   * be reached (a later one that cannot ends the list before it); EBUSY; ENOMEM
   */
  msf_create_from_uio(opt: MsfBuf | null, uio: Uio): MsfBuf | Errno {
    if (!(uio.resid > 0) || (uio.segflg !== UIO_USERSPACE && uio.segflg !== UIO_SYSSPACE)) return EINVAL
    return this.gather(opt, 'msf_create_from_uio', uio.iovcnt, (index, into) => {
      const address = uio.base[uio.iov + index]!
      const bytes = uio.length[uio.iov + index]!
      if (uio.segflg === UIO_SYSSPACE) return this.addKernel(into, address, bytes)
      if (uio.space === null) return EINVAL
      const access = uio.rw === UIO_READ ? XIOF_WRITE : XIOF_READ
      return this.add(into, address, bytes, (piece) =>
        this.xios.xio_init_ubuf(piece, uio.space!, address, bytes, access),
      )
    })
  }

  /**
   * From an mbuf chain, as far as its pieces make one page list, as msf_create_from_uio does. A chain in scattered pieces
   * is loaded for DMA as a chain (bus_dmamap_load_mbuf); one page list cannot describe it.
   */
  msf_create_from_mbuf(opt: MsfBuf | null, chain: MbufChain): MsfBuf | Errno {
    return this.gather(opt, 'msf_create_from_mbuf', chain.count, (index, into) =>
      this.addKernel(into, chain.data[index]!, chain.len[index]!),
    )
  }

  /**
   * A part of another msf_buf, for clusters and split transfers: its own page list, which outlives the whole, and the
   * mapped address too where the whole has one that its creator supplied.
   * @returns the msf_buf, or an errno: EINVAL for a part outside of the whole or a released whole; EBUSY; ENOMEM
   */
  msf_slice(opt: MsfBuf | null, whole: MsfBuf, offset: number, bytes: number): MsfBuf | Errno {
    if (whole.isFree || !(bytes > 0) || !(offset >= 0) || offset + bytes > whole.bytes) return EINVAL
    const supplied = (whole.flags & HAS_BUF) !== 0 && (whole.flags & OWN_BUF) === 0
    if (whole.xio === null) return this.msfs.msf_create_from_buf(opt, whole.kva + offset, bytes)
    const msf = this.msfs.take(opt, MSF_NOWAIT, FIRST_CALL)
    if (typeof msf === 'number') return msf
    const start = whole.xio.offset + offset
    const first = start >>> PAGE_SHIFT
    const count = ((start + bytes + PAGE_MASK) >>> PAGE_SHIFT) - first
    this.xios.xio_init_pages(msf.ownXio, whole.xio.pages.subarray(first), count)
    msf.ownXio.offset = start & PAGE_MASK
    msf.ownXio.bytes = bytes
    if (supplied) {
      msf.kva = whole.kva + offset
      msf.flags |= HAS_BUF
    }
    return this.finish(msf, 'msf_slice')
  }

  private finish(msf: MsfBuf, site: SiteName): MsfBuf {
    msf.xio = msf.ownXio
    msf.bytes = msf.ownXio.bytes
    msf.flags |= HAS_XIO | OWN_XIO
    this.msfs.created(msf, site)
    return msf
  }

  /** Makes one list of the leading pieces; `addPiece` answers OK to go on, else why the list ends before that piece. */
  private gather(
    opt: MsfBuf | null,
    site: SiteName,
    pieces: number,
    addPiece: (index: number, into: Xio) => Errno,
  ): MsfBuf | Errno {
    const msf = this.msfs.take(opt, MSF_NOWAIT, FIRST_CALL)
    if (typeof msf === 'number') return msf
    this.xios.xio_init(msf.ownXio)
    let error: Errno = OK
    for (let index = 0; index < pieces && error === OK; index++) error = addPiece(index, msf.ownXio)
    if (msf.ownXio.bytes > 0) return this.finish(msf, site)
    this.msfs.untake(msf)
    return error === OK ? EINVAL : error
  }

  private addKernel(into: Xio, kva: number, bytes: number): Errno {
    return this.add(into, kva, bytes, (piece) => this.xios.xio_init_kbuf(piece, kva, bytes))
  }

  /** Appends a piece when it begins where the list ends. ERANGE: it does not, or the list is full. */
  private add(into: Xio, address: number, bytes: number, init: (piece: Xio) => Errno): Errno {
    if (bytes === 0) return OK
    const end = into.offset + into.bytes
    const joins = into.npages === 0 || (end % PAGE_SIZE === 0 && address % PAGE_SIZE === 0)
    if (!joins || into.npages === XIO_INTERNAL_PAGES) return ERANGE
    const error = init(this.piece)
    if (error !== OK) return error
    const { piece } = this
    const room = XIO_INTERNAL_PAGES - into.npages
    const taken = Math.min(piece.npages, room)
    if (into.npages === 0) into.offset = piece.offset
    into.flags = piece.flags
    for (let i = 0; i < taken; i++) {
      this.holds.hold(piece.pages[i]!)
      into.pages[into.npages++] = piece.pages[i]!
    }
    into.bytes += Math.min(piece.bytes, taken * PAGE_SIZE - piece.offset)
    const whole = taken === piece.npages && piece.bytes === bytes
    piece.flags = 0
    this.xios.xio_release(piece)
    return whole ? OK : ERANGE
  }
}
