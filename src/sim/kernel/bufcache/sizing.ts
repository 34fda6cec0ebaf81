import { BKVASIZE, MAXBSIZE } from './limits.ts'
import type { BufferCacheLimits } from './limits.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Most address space for buffers, bytes (VM_BCACHE_SIZE_MAX of 2004). */
const MAXBCACHE = 200 * MIB

/**
 * bufinit of DragonFly, December 2004: everything that follows from the amount of memory.
 * @param ramBytes memory that the kernel has for its use
 */
export function limitsForRam(ramBytes: number): BufferCacheLimits {
  return limitsForSpace(nbufForRam(Math.floor(ramBytes / KIB)))
}

/**
 * The limits of bufinit for a number of buffers, each of which has its share of the space and may need more or less of it.
 * @param bkvasize what address space of a buffer is a multiple of, bytes
 */
export function limitsForSpace(nbuf: number, bkvasize: number = BKVASIZE): BufferCacheLimits {
  const maxbufspace = nbuf * BKVASIZE
  const hibufspace = Math.max(Math.floor((maxbufspace * 3) / 4), maxbufspace - MAXBSIZE * 10)
  return { ...fill(nbuf, BKVASIZE, maxbufspace, hibufspace, hibufspace - MAXBSIZE), bkvasize }
}

/**
 * Limits of a cache of a fixed number of buffers of one size: an empty header is used before a clean buffer is reused, and no
 * buffer is ever taken apart. What depends on the number of buffers follows bufinit.
 * @param bytesEach what one buffer adds to the space: the address space reserved for it, or its data where none is
 */
export function limitsForBuffers(nbuf: number, bytesEach: number): BufferCacheLimits {
  const used = nbuf * bytesEach
  return fill(nbuf, bytesEach, used + bytesEach, used + bytesEach, used)
}

/** Headers of swap and physical I/O (nswbuf). */
export function nswbufFor(nbuf: number): number {
  return Math.max(Math.min(Math.floor(nbuf / 4), 256), 16)
}

/** Address space that bufinit reserves, bytes: for buffers, and for the headers of swap and physical I/O. */
export function mapSizesFor(nbuf: number): { readonly bufferMap: number; readonly pagerMap: number } {
  return { bufferMap: nbuf * BKVASIZE, pagerMap: nswbufFor(nbuf) * 128 * KIB + 8 * MIB }
}

/** One buffer for each 64 KiB up to 64 MiB; beyond, a tenth of memory, where the kernel's comment promises a twentieth. */
function nbufForRam(ramKib: number): number {
  const perKib = (4 * BKVASIZE) / KIB
  let nbuf = 50
  if (ramKib > 4096) nbuf += Math.min(Math.floor((ramKib - 4096) / perKib), Math.floor(65536 / perKib))
  if (ramKib > 65536) nbuf += Math.floor(((ramKib - 65536) * 2) / (perKib * 5))
  return Math.min(nbuf, MAXBCACHE / BKVASIZE)
}

/** @param bytesEach what a dirty buffer counts for: at most three quarters of the space may be dirty */
function fill(
  nbuf: number,
  bytesEach: number,
  maxbufspace: number,
  hibufspace: number,
  lobufspace: number,
): BufferCacheLimits {
  let hidirtybuffers = Math.floor(nbuf / 4) + 20
  while (hidirtybuffers * bytesEach > (3 * hibufspace) / 4) hidirtybuffers >>= 1
  const lofreebuffers = Math.floor(nbuf / 18) + 5
  return {
    nbuf,
    bkvasize: BKVASIZE,
    maxbufspace,
    hibufspace,
    lobufspace,
    maxbufmallocspace: Math.floor(hibufspace / 20),
    lorunningspace: 512 * KIB,
    hirunningspace: MIB,
    lodirtybuffers: Math.floor(hidirtybuffers / 2),
    hidirtybuffers,
    lofreebuffers,
    hifreebuffers: 2 * lofreebuffers,
  }
}
