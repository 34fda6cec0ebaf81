import type { Simulator } from '../../engine/simulator.ts'
import { B_DELWRI, B_INVAL } from '../../kernel/bufcache/buf.ts'
import type { Buf } from '../../kernel/bufcache/buf.ts'
import type { BufferCache } from '../../kernel/bufcache/buffer-cache.ts'
import type { MsfBuf } from '../../kernel/msf-buf/msf-buf.ts'
import type { Machine } from '../../machine/machine.ts'
import type { IoThreads } from '../../workload/io-threads.ts'
import type { Kernel } from '../kernel.ts'
import { BUF_FLAG_NAMES, MSF_FLAG_NAMES, flagNames } from './flag-names.ts'

/** A buffer that holds a block, or that somebody has. */
export interface BufState {
  readonly buf: number
  readonly block: number
  readonly flags: readonly string[]
  readonly locked: boolean
  /** Page frames of its page list. */
  readonly pages: readonly number[]
  /** Pages that are entered in KVA. */
  readonly mappedPages: number
  readonly msf: MsfState
}

export interface MsfState {
  /** None: free. */
  readonly flags: readonly string[]
  readonly bytes: number
  readonly pages: number
  /** Address of the data, where it is mapped; 0 otherwise. */
  readonly kva: number
}

export interface CpuState {
  readonly cpu: number
  /** Simulated ns until which it is busy. */
  readonly clockNs: number
  readonly busyNs: number
  /** Translations that its TLB holds. */
  readonly tlbEntries: number
}

/** The objects of a run between two events. */
export interface RunObjects {
  readonly simulatedNs: number
  readonly buffers: readonly BufState[]
  readonly dirtyBuffers: number
  /** msf_bufs of the pool that are free. */
  readonly msfPoolFree: number
  readonly bouncePagesActive: number
  readonly cpus: readonly CpuState[]
  /** Threads of the workload that have not run out of requests. */
  readonly threads: number
}

/** Copies what somebody who steps through a run wants to see. */
export function inspectObjects(
  simulator: Simulator,
  machine: Machine,
  kernel: Kernel,
  cache: BufferCache,
  threads: IoThreads,
): RunObjects {
  const buffers = cache.bufs.filter((buf) => buf.locked || (buf.b_flags & B_INVAL) === 0)
  return {
    simulatedNs: simulator.now,
    buffers: buffers.map(bufState),
    dirtyBuffers: buffers.filter((buf) => (buf.b_flags & B_DELWRI) !== 0).length,
    msfPoolFree: kernel.msfs.poolFree,
    bouncePagesActive: kernel.busdma.bouncePagesActive,
    cpus: machine.cpus.map(({ id, clock, busyNs, tlb }) => ({
      cpu: id,
      clockNs: clock,
      busyNs,
      tlbEntries: tlb.used,
    })),
    threads: threads.running,
  }
}

function bufState(buf: Buf): BufState {
  const { id, b_lblkno: block, b_flags, locked, b_xio: xio, mappedPages, msf } = buf
  return {
    buf: id,
    block,
    flags: flagNames(BUF_FLAG_NAMES, b_flags),
    locked,
    pages: [...xio.pages.subarray(0, xio.npages)],
    mappedPages,
    msf: msfState(msf),
  }
}

function msfState({ flags, bytes, xio, kva }: MsfBuf): MsfState {
  return { flags: flagNames(MSF_FLAG_NAMES, flags), bytes, pages: xio?.npages ?? 0, kva }
}
