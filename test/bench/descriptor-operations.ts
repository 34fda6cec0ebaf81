import { KernelThreads } from '../../src/sim/kernel/sleep-channel.ts'
import { SfBufs2004 } from '../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { Xio } from '../../src/sim/kernel/xio.ts'
import { MsfBuf } from '../../src/sim/kernel/msf-buf/msf-buf.ts'
import { CpuMask } from '../../src/sim/machine/cpu-mask.ts'
import { KVA_BASE } from '../../src/sim/machine/page-table.ts'
import { PAGE_SIZE } from '../../src/sim/machine/page.ts'
import { KernelBench } from '../sim/kernel/kernel-bench.ts'
import type { Operation } from './operation.ts'

/** Where the measured buffers are mapped, and the KVA of the sf_bufs: pages of the window that nothing else uses. */
const BUFFER_PAGE = 64
const REMAPPED_PAGE = 128
const SF_PAGE = 192
const SF_BUFS = 32
const SIZES = [4, 16, 32]

/** Every measured operation on a fresh machine of `cpus` processors, without data. */
export function descriptorOperations(cpus: number): Operation[] {
  const kernel = new KernelBench({ cpus, holdsData: false })
  const pages = Int32Array.from(kernel.mapPages(BUFFER_PAGE, 64))
  return [
    ...SIZES.map((size) => mappedMsf(kernel, pages, size)),
    ...SIZES.map((size) => keptList(kernel, size)),
    sfHit(kernel, pages),
    sfMiss(kernel, pages),
    unchangedPages(kernel, pages),
  ]
}

function mappedMsf(kernel: KernelBench, pages: Int32Array, size: number): Operation {
  const { msfs, xios } = kernel
  const xio = new Xio()
  xios.xio_init_pages(xio, pages, size)
  const msf = new MsfBuf()
  msfs.msf_init(msf)
  return {
    name: `msf_create_from_xio + msf_require_buf + msf_release, ${size} pages`,
    run(count) {
      let failed = 0
      for (let i = 0; i < count; i++) {
        msfs.msf_create_from_xio(msf, xio)
        failed |= msfs.msf_require_buf(msf)
        msfs.msf_release(msf)
      }
      mustBe(failed, 0)
    },
  }
}

function keptList({ xios }: KernelBench, size: number): Operation {
  const xio = new Xio()
  const kva = KVA_BASE + BUFFER_PAGE * PAGE_SIZE
  return {
    name: `xio_init_kbuf + xio_release, ${size} pages`,
    run(count) {
      let failed = 0
      for (let i = 0; i < count; i++) {
        failed |= xios.xio_init_kbuf(xio, kva, size * PAGE_SIZE)
        xios.xio_release(xio)
      }
      mustBe(failed, 0)
    },
  }
}

function sfBufs({ machine, pmap }: KernelBench): SfBufs2004 {
  const options = { firstPage: SF_PAGE, count: SF_BUFS, quick: true }
  return new SfBufs2004(machine, pmap, new KernelThreads(1, () => undefined), options)
}

function sfHit(kernel: KernelBench, pages: Int32Array): Operation {
  const sfs = sfBufs(kernel)
  return {
    name: 'sf_buf_alloc + sf_buf_free, hit',
    run(count) {
      for (let i = 0; i < count; i++) sfs.sf_buf_free(sfs.sf_buf_alloc(pages[0]!, 0))
    },
  }
}

/** Twice as many pages as descriptors, one after the other: each takes the descriptor of another. */
function sfMiss(kernel: KernelBench, pages: Int32Array): Operation {
  const sfs = sfBufs(kernel)
  let next = 0
  return {
    name: 'sf_buf_alloc + sf_buf_free, miss',
    run(count) {
      for (let i = 0; i < count; i++) {
        next = (next + 1) & (2 * SF_BUFS - 1)
        sfs.sf_buf_free(sfs.sf_buf_alloc(pages[next]!, 0))
      }
    },
  }
}

function unchangedPages({ pmap, counters }: KernelBench, pages: Int32Array): Operation {
  const mask = new CpuMask()
  const kva = KVA_BASE + REMAPPED_PAGE * PAGE_SIZE
  pmap.pmap_qenter2(kva, pages, 16, mask)
  return {
    name: 'pmap_qenter2, 16 pages unchanged',
    run(count) {
      const before = counters.pteWrites
      for (let i = 0; i < count; i++) pmap.pmap_qenter2(kva, pages, 16, mask)
      mustBe(counters.pteWrites, before)
    },
  }
}

function mustBe(value: number, expected: number): void {
  if (value !== expected) throw new Error(`the benchmark measures something else: ${value}, not ${expected}`)
}
