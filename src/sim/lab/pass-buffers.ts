import { KVA_BASE } from '../machine/page-table.ts'
import { PAGE_SIZE } from '../machine/page.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import type { Kernel } from './kernel.ts'

/** Pass-through commands under way at one time. */
const PASS_BUFFERS = 16

/** Pages for the answers to pass-through commands, wired and mapped for good, wherever the kernel finds them (kmalloc). */
export function mapPassBuffers({ pages, kernelMap, pmap }: Kernel): Float64Array {
  const first = kernelMap.alloc(PASS_BUFFERS)
  if (first < 0) throw new SimulationFault('no kernel address space for pass-through buffers')
  const frames = Int32Array.from({ length: PASS_BUFFERS }, () => pages.alloc())
  if (frames.includes(-1)) throw new SimulationFault('no memory for pass-through buffers')
  pmap.pmap_qenter(KVA_BASE + first * PAGE_SIZE, frames, PASS_BUFFERS)
  return Float64Array.from(frames, (_, i) => KVA_BASE + (first + i) * PAGE_SIZE)
}
