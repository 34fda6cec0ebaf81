import type { KernelCounters } from '../kernel/counters.ts'
import type { MsfBufCalls } from '../kernel/msf-buf/post.ts'
import { AdjacentPath } from '../kernel/path/adjacent.ts'
import { CopyPath } from '../kernel/path/copy.ts'
import { DirectMapPath } from '../kernel/path/direct-map.ts'
import { DirectPath } from '../kernel/path/direct.ts'
import { EmbeddedPath } from '../kernel/path/embedded.ts'
import type { IoPathHooks } from '../kernel/path/io-path.ts'
import { KvabioPath } from '../kernel/path/kvabio.ts'
import { MappedPath } from '../kernel/path/mapped.ts'
import { UnmappedPath } from '../kernel/path/unmapped.ts'
import type { PageWindow } from '../kernel/sf-buf/page-window.ts'
import { CopyCalls } from '../kernel/vm/copy-calls.ts'
import type { KvaArena } from '../kernel/vm/kva-arena.ts'
import type { PageAllocator } from '../kernel/vm/page-allocator.ts'
import { Pmap2020 } from '../kernel/vm/pmap-2020.ts'
import type { Pmap } from '../kernel/vm/pmap.ts'
import type { Machine } from '../machine/machine.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import type { IoPath } from './scenario.ts'

/** How many buffers the path `copy` has, and how much data each takes. */
export interface CopyBuffers {
  readonly count: number
  readonly bytes: number
}

/** What the I/O paths are made from; each takes its pick. */
export interface IoPathParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly pages: PageAllocator
  /** With the primitives of 2020 for the path `kvabio`. */
  readonly pmap: Pmap
  readonly msfs: MsfBufCalls
  readonly window: PageWindow
  /** Paths on which buffers reserve no address space may use it for what they map themselves. */
  readonly bufferMap: KvaArena
  readonly copyBuffers: CopyBuffers
}

/** Makes the I/O path of that name. */
export function buildPath(path: IoPath, parts: IoPathParts): IoPathHooks {
  const { machine, counters, pmap, msfs, window, bufferMap } = parts
  switch (path) {
    case 'mapped':
      return new MappedPath(pmap, counters)
    case 'embedded':
      return new EmbeddedPath(msfs, pmap, counters)
    case 'adjacent':
      return new AdjacentPath(msfs, pmap, counters)
    case 'direct':
      return new DirectPath(msfs, window, counters)
    case 'unmapped':
      return new UnmappedPath(pmap, bufferMap, window, counters)
    case 'kvabio':
      if (!(pmap instanceof Pmap2020)) throw new SimulationFault('kvabio needs the primitives of 2020')
      return new KvabioPath(machine, pmap, counters)
    case 'direct-map':
      return new DirectMapPath(window, counters)
    case 'copy': {
      const { count, bytes } = parts.copyBuffers
      return new CopyPath({ ...parts, copies: new CopyCalls(machine, counters) }, count, bytes)
    }
  }
}
