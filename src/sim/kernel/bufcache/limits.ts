/** Address space of buffers is reserved in multiples of this, bytes (sys/param.h of 2004). */
export const BKVASIZE = 16 * 1024
/** Largest buffer, bytes. */
export const MAXBSIZE = 64 * 1024
/** Largest transfer, and address space of a pbuf, bytes. */
export const MAXPHYS = 128 * 1024

/** How large a buffer cache is, and when it starts and stops to reclaim, to write and to block (bufinit). Space is in bytes. */
export interface BufferCacheLimits {
  /** Buffer headers. */
  readonly nbuf: number
  /** What address space of a buffer is a multiple of, bytes: BKVASIZE in 2004, MAXBSIZE on 64 bits since 2013. */
  readonly bkvasize: number
  readonly maxbufspace: number
  /** From here on buffers are taken apart until the space is below `lobufspace`. */
  readonly hibufspace: number
  /** From here on a clean buffer is reused before an empty header. */
  readonly lobufspace: number
  /** Most bytes in buffers of less than a page. */
  readonly maxbufmallocspace: number
  /** Writers that wait for writes under way go on at `lorunningspace`, and begin to wait above `hirunningspace`. */
  readonly lorunningspace: number
  readonly hirunningspace: number
  /** The daemon writes until `lodirtybuffers` are left; who is about to dirty a buffer waits at `hidirtybuffers`. */
  readonly lodirtybuffers: number
  readonly hidirtybuffers: number
  readonly lofreebuffers: number
  readonly hifreebuffers: number
}
