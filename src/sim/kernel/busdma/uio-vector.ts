/** The part of a process's address space that BUSDMA looks at. */
export interface UserPages {
  /** Page frame of the page that holds a user address, -1 for a hole. */
  pmap_extract(uaddr: number): number
}

/** What the loader reads of a uio. */
export interface UioVector {
  /** Number of the first piece, and how many there are from it on. */
  readonly iov: number
  readonly iovcnt: number
  /** Bytes wanted; pieces beyond them are left alone. */
  readonly resid: number
  readonly base: Float64Array
  readonly length: Float64Array
  /** Whose addresses the pieces are: a process's, or null for the kernel's. */
  readonly space: UserPages | null
}

/** Bytes that the pieces hold, of those that are wanted. */
export function bytesOfUio(uio: UioVector): number {
  let bytes = 0
  for (let i = uio.iov; i < uio.iov + uio.iovcnt; i++) bytes += uio.length[i] as number
  return Math.min(bytes, uio.resid)
}
