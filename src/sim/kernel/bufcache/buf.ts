import { CpuMask } from '../../machine/cpu-mask.ts'
import type { Errno } from '../errno.ts'
import { OK } from '../errno.ts'
import { MsfBuf } from '../msf-buf/msf-buf.ts'
import { MsfOwner } from '../msf-buf/msf-counts.ts'
import { Xio } from '../xio.ts'
import type { Vnode } from './vnode.ts'

/** Flags of b_flags, as DragonFly numbered them in December 2004 (sys/buf.h). A transfer that does not read writes. */
/** Reuse soon, or write soon. */
export const B_AGE = 0x1
/** Whoever started the transfer does not wait for it: its end releases the buffer. */
export const B_ASYNC = 0x4
/** The daemon has put the write off once because of dependencies. */
export const B_DEFERRED = 0x10
/** All bytes from 0 to b_bcount are valid. */
export const B_CACHE = 0x20
/** Its end calls b_iodone. */
export const B_CALL = 0x40
/** Dirty: to be written before it is reused. */
export const B_DELWRI = 0x80
/** Released, with its content, when the transfer ends. */
export const B_FREEBUF = 0x100
/** No transfer is under way. */
export const B_DONE = 0x200
/** The transfer was interrupted. */
export const B_EINTR = 0x400
/** The transfer failed; b_error says how. */
export const B_ERROR = 0x800
/** The content is of no use. */
export const B_INVAL = 0x2000
/** Kept in memory, out of reach of the daemon and of reuse. */
export const B_LOCKED = 0x4000
/** Not to be kept after the release. */
export const B_NOCACHE = 0x8000
/** Memory from malloc, not whole pages. */
export const B_MALLOC = 0x10000
/** May be written with its neighbours. */
export const B_CLUSTEROK = 0x20000
/** The transfer is between the device and a user's pages (physio). */
export const B_PHYS = 0x40000
export const B_RAW = 0x80000
export const B_READ = 0x100000
/** Gives its pages back at the release. */
export const B_RELBUF = 0x400000
export const B_PAGING = 0x4000000
/** The device may not reorder it. */
export const B_ORDERED = 0x8000000
/** Whoever finds the block valid is to read ahead from here. */
export const B_RAM = 0x10000000
/** Its pages belong to the vnode's VM object. */
export const B_VMIO = 0x20000000
/** A pbuf that stands for a row of buffers, moved by one transfer. */
export const B_CLUSTER = 0x40000000
/** The writer does not wait for other writes under way. */
export const B_NOWDRAIN = 0x80000000 | 0

/** No buffer, no thread, no page: end of a list of small integers. */
export const NONE = -1

/** b_offset of a buffer without a block. */
export const NOOFFSET = -1

/** struct buf: one block of a vnode in memory, or the header for one. What most transfers use comes first, for the host's caches. */
export class Buf {
  readonly id: number
  b_flags = B_INVAL
  /** Queue that it is on; QUEUE_NONE, 0, while somebody has it. */
  b_qindex = 0
  b_vp: Vnode | null = null
  /** Block of the vnode, in the vnode's blocks. */
  b_lblkno = 0
  /** Sector of the disk, 512 bytes each. */
  b_blkno = 0
  /** Byte of the vnode. */
  b_offset = NOOFFSET
  /** Bytes of memory that it has. */
  b_bufsize = 0
  /** Bytes asked for. */
  b_bcount = 0
  /** Bytes that the last transfer did not move. */
  b_resid = 0
  b_error: Errno = OK
  /** Its pages; `offset` and `bytes` are where the data lies in them. */
  readonly b_xio: Xio
  readonly msf = new MsfBuf(MsfOwner.bufcache)
  /** One user has it at a time (b_lock). */
  locked = false
  /** Chain of bufhashtbl that it is found on by its block; NONE: it is on none. */
  hashSlot = NONE
  /** Threads asleep on the lock: first and last. */
  lockHead = NONE
  lockTail = NONE
  /** Thread asleep until the transfer ends. */
  ioWaiter = NONE
  /** Bytes reserved in the buffer map. */
  b_kvasize = 0
  /** What it adds to the writes under way, bytes. */
  b_runningbufspace = 0
  /** Writes that failed one after another, with nobody waiting for them. */
  failedWrites = 0
  /** Soft updates that depend on it; kept by the file system. */
  b_dep = 0
  /** Called at the end of a transfer with B_CALL, in place of all else. */
  b_iodone: ((buf: Buf) => void) | null = null
  /** First page of its reservation in the buffer map; NONE without one. */
  b_kvabase: number
  /** Pages of `b_xio` that are entered at b_kvabase. */
  mappedPages: number
  /** Processors that see those entries as they are, on a path that tells no processor of a change. */
  readonly b_cpumask: CpuMask
  /** Of a cluster's pbuf: its buffers in order of their blocks, linked by `clusterNext`. */
  clusterHead: Buf | null
  clusterTail: Buf | null
  clusterNext: Buf | null
  /** First page of the memory that a pbuf has for good, mapped in KVA; NONE without any. */
  memory: number

  /** @param list where its page list stands, from place `first` on; of its own unless given */
  constructor(id: number, list?: Int32Array, first?: number) {
    this.id = id
    this.b_xio = new Xio(list, first)
    // Set after those that lie in the first cache lines of the object.
    this.b_kvabase = NONE
    this.mappedPages = 0
    this.b_cpumask = new CpuMask()
    this.clusterHead = null
    this.clusterTail = null
    this.clusterNext = null
    this.memory = NONE
  }
}
