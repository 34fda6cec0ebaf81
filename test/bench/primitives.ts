import { CpuAccounting } from '../../src/sim/engine/cpu-accounting.ts'
import { EventQueue } from '../../src/sim/engine/event-queue.ts'
import { limitsForBuffers } from '../../src/sim/kernel/bufcache/sizing.ts'
import { CALL_SITES, Site } from '../../src/sim/kernel/call-sites.ts'
import { MsfBuf } from '../../src/sim/kernel/msf-buf/msf-buf.ts'
import { SfBufs2004 } from '../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { KernelThreads } from '../../src/sim/kernel/sleep-channel.ts'
import { Xio } from '../../src/sim/kernel/xio.ts'
import { KVA_BASE } from '../../src/sim/machine/page-table.ts'
import { PAGE_SIZE } from '../../src/sim/machine/page.ts'
import { CacheBench, KIB } from '../sim/kernel/bufcache/cache-bench.ts'
import { KernelBench } from '../sim/kernel/kernel-bench.ts'
import { LOAD_CASES, loadOperation } from './busdma-loads.ts'
import type { Operation } from './operation.ts'

const PENDING_EVENTS = 64
/** Pages of the window that nothing else uses. */
const BUFFER_PAGE = 64
const REMAPPED_PAGE = 128
const SF_PAGE = 192

/** What the simulator does most, one thing at a time; on a machine of one processor, without data. */
export function primitives(): Operation[] {
  const kernel = new KernelBench({ cpus: 1, holdsData: false })
  const pages = Int32Array.from(kernel.mapPages(BUFFER_PAGE, 16))
  return [
    eventQueue(),
    charge(kernel),
    enterLeave(),
    getblkHit(),
    named('bus_dmamap_load + unload, 1 page', loadOperation('dragonfly-2020', LOAD_CASES[0]!)),
    named('bus_dmamap_load + unload, 16 pages', loadOperation('dragonfly-2020', LOAD_CASES[1]!)),
    xioInit(kernel, pages),
    msfFromXio(kernel, pages),
    qenter(kernel, pages),
    sfHit(kernel, pages),
    pageAlloc(kernel),
  ]
}

function named(name: string, operation: Operation): Operation {
  return { name, run: (count) => operation.run(count) }
}

function eventQueue(): Operation {
  const queue = new EventQueue()
  let state = 1
  for (let i = 0; i < PENDING_EVENTS; i++) queue.push(i, 0, i)
  return {
    name: `event pop + push, ${PENDING_EVENTS} pending`,
    run(count) {
      for (let i = 0; i < count; i++) {
        queue.pop()
        state = (Math.imul(state, 1664525) + 1013904223) | 0
        queue.push(queue.time + (state >>> 24), queue.kind, queue.arg)
      }
    },
  }
}

function charge({ machine }: KernelBench): Operation {
  return {
    name: 'charge',
    run(count) {
      for (let i = 0; i < count; i++) machine.charge(Site['getblk'], 64)
    },
  }
}

function enterLeave(): Operation {
  const accounting = new CpuAccounting(CALL_SITES)
  return {
    name: 'enter + leave',
    run(count) {
      for (let i = 0; i < count; i++) {
        accounting.enter(Site['bread'])
        accounting.leave()
      }
    },
  }
}

function getblkHit(): Operation {
  const bench = new CacheBench({ path: 'direct', limits: limitsForBuffers(8, 16 * KIB) })
  const disk = bench.vnode(512)
  bench.use(disk, 0, 16 * KIB)
  const { cache } = bench
  return {
    name: 'getblk + bqrelse, hit',
    run(count) {
      for (let i = 0; i < count; i++) cache.bqrelse(cache.getblk(disk, 0, 16 * KIB)!)
    },
  }
}

function xioInit({ xios }: KernelBench, pages: Int32Array): Operation {
  const xio = new Xio()
  return {
    name: 'xio_init_pages, 4 pages',
    run(count) {
      for (let i = 0; i < count; i++) {
        xios.xio_init_pages(xio, pages, 4)
        xios.xio_release(xio)
      }
    },
  }
}

function msfFromXio({ msfs, xios }: KernelBench, pages: Int32Array): Operation {
  const xio = new Xio()
  xios.xio_init_pages(xio, pages, 4)
  const msf = new MsfBuf()
  msfs.msf_init(msf)
  return {
    name: 'msf_create_from_xio + msf_release',
    run(count) {
      for (let i = 0; i < count; i++) {
        msfs.msf_create_from_xio(msf, xio)
        msfs.msf_release(msf)
      }
    },
  }
}

function qenter({ pmap }: KernelBench, pages: Int32Array): Operation {
  const kva = KVA_BASE + REMAPPED_PAGE * PAGE_SIZE
  return {
    name: 'pmap_qenter, 4 pages',
    run(count) {
      for (let i = 0; i < count; i++) pmap.pmap_qenter(kva, pages, 4)
    },
  }
}

function sfHit({ machine, pmap }: KernelBench, pages: Int32Array): Operation {
  const options = { firstPage: SF_PAGE, count: 32, quick: true }
  const sfs = new SfBufs2004(machine, pmap, new KernelThreads(1, () => undefined), options)
  return {
    name: 'sf_buf_alloc + sf_buf_free, hit',
    run(count) {
      for (let i = 0; i < count; i++) sfs.sf_buf_free(sfs.sf_buf_alloc(pages[0]!, 0))
    },
  }
}

function pageAlloc({ pages }: KernelBench): Operation {
  return {
    name: 'page alloc + free',
    run(count) {
      for (let i = 0; i < count; i++) pages.free(pages.alloc())
    },
  }
}
