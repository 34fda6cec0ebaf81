import { beforeEach, describe, expect, it } from 'vitest'
import { Site } from '../../../src/sim/kernel/call-sites.ts'
import { EFAULT, ERANGE } from '../../../src/sim/kernel/errno.ts'
import { MsfBufs2004 } from '../../../src/sim/kernel/msf-buf/dragonfly-2004.ts'
import {
  MSF_CPUPRIVATE,
  MsfBufs2005,
  SFB_CPUPRIVATE,
} from '../../../src/sim/kernel/msf-buf/dragonfly-2005.ts'
import { MsfBuf } from '../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { SFBA_QUICK, SfBufs2004 } from '../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { FreeBsdSfBufs } from '../../../src/sim/kernel/sf-buf/freebsd.ts'
import { Xio } from '../../../src/sim/kernel/xio.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { DMAP_BASE } from '../../../src/sim/machine/page-table.ts'
import { VIOLATION_KINDS } from '../../../src/sim/machine/sanitizer.ts'
import { address, onlyViolation, sanitizedKernel } from './sanitized-kernel.ts'

let lab: ReturnType<typeof sanitizedKernel>
beforeEach(() => {
  lab = sanitizedKernel()
})

function msf2005(count = 2): MsfBufs2005 {
  const { machine, pmap, xios, threads, pool } = lab
  return new MsfBufs2005({ machine, pmap, xios, threads, firstPage: pool, count })
}

function sf2004(): SfBufs2004 {
  return new SfBufs2004(lab.machine, lab.pmap, lab.threads, { firstPage: lab.pool, count: 2, quick: true })
}

describe('the sanitizer names the object, the time and the call path of', () => {
  it('an access through a stale TLB entry', () => {
    const { machine, pmap, sanitizer, inRead, pool } = lab
    const [old, fresh] = lab.take(2) as unknown as [number, number]
    pmap.pmap_kenter(address(pool), old)
    inRead(() => machine.translate(address(pool), false))
    pmap.pmap_store(address(pool), fresh)
    inRead(() => machine.translate(address(pool), false))
    expect(onlyViolation(sanitizer)).toEqual({
      kind: 'stale-tlb',
      object: `page ${pool} of KVA: processor 1 goes to frame ${old}, the page table has frame ${fresh}`,
      callPath: 'read > load',
    })
    pmap.pmap_store(address(pool), -1)
    inRead(() => machine.translate(address(pool), true))
    expect(sanitizer.violations[1]).toMatchObject({
      object: `page ${pool} of KVA: processor 1 goes to frame ${old}, the page table has nothing`,
      callPath: 'read > store',
    })
  })

  it.each(['a mapping', 'the direct map', 'a user’s address', 'a bounce copy'])(
    'an access to a free page through %s',
    (how) => {
      const { machine, pmap, pages, sanitizer, inRead, pool, copies, space } = lab
      const pfn = pages.alloc()
      const kept = pages.alloc()
      pmap.pmap_kenter(address(pool), pfn)
      space.mapPage(0, pfn)
      const access = (): unknown => {
        if (how === 'a mapping') return machine.translate(address(pool), true)
        if (how === 'the direct map') return machine.translate(DMAP_BASE + pfn * 4096 + 5, true)
        if (how === 'a user’s address') return copies.copyout(DMAP_BASE + kept * 4096, space, 0, 10)
        return lab.glue.bounceCopy(kept * 4096, pfn * 4096, 10)
      }
      inRead(access)
      expect(sanitizer.total).toBe(0)
      pages.free(pfn)
      inRead(access)
      const object = `page ${pfn}, which nobody holds`
      expect(onlyViolation(sanitizer)).toEqual({ kind: 'free-page-access', object, callPath: 'read > store' })
    },
  )

  it('no access to a freed page that is still held', () => {
    const { machine, pages, holds, sanitizer } = lab
    const pfn = pages.alloc()
    holds.hold(pfn)
    pages.free(pfn)
    machine.translate(DMAP_BASE + pfn * 4096, false)
    expect(sanitizer.total).toBe(0)
    holds.unhold(pfn)
    machine.translate(DMAP_BASE + pfn * 4096, false)
    expect(sanitizer.counts['free-page-access']).toBe(1)
  })

  it('a transfer to a free page, or beyond the device’s reach', () => {
    const { machine, pages, sanitizer, inRead } = lab
    const bus = new DmaBus(machine.memory, {
      addressBits: 24,
      isHeld: (pfn) => pages.isPinned(pfn),
      sanitizer,
    })
    const pfn = pages.contigmalloc(1, 0, 0xffffff, 4096, 0)
    bus.resolve(pfn * 4096, 4096, true)
    pages.contigfree(pfn, 1)
    inRead(() => bus.resolve(pfn * 4096, 4096, true))
    expect(onlyViolation(sanitizer)).toMatchObject({ kind: 'dma-to-free-page', callPath: 'read > DMA' })
    expect(bus.resolve(0x1000000, 4, false)).toBe(-1)
    expect(sanitizer.violations[1]).toMatchObject({ kind: 'dma-out-of-reach', cpu: -1, callPath: 'DMA' })
  })

  it('a hold that ends twice', () => {
    const { holds, sanitizer, inRead, take } = lab
    const [pfn] = take(1)
    holds.hold(pfn!)
    holds.unhold(pfn!)
    expect(() => inRead(() => holds.unhold(pfn!))).toThrow(
      /^unhold of page \d+, whose count is 0, at 5000 ns in/,
    )
    expect(onlyViolation(sanitizer)).toEqual({
      kind: 'hold-underflow',
      object: `unhold of page ${pfn}, whose count is 0`,
      callPath: 'read > vm_page_unhold',
    })
    expect(holds.total).toBe(0)
  })

  it('a page list cut short at 32 pages, and of no full one (trap 12)', () => {
    const { pmap, xios, sanitizer, inRead, take, pool, space } = lab
    pmap.pmap_qenter(address(pool), take(33), 33)
    const xio = new Xio()
    expect(xios.xio_init_kbuf(xio, address(pool), 131072)).toBe(0)
    xios.xio_release(xio)
    expect(xios.xio_init_kbuf(xio, address(pool + 32), 2 * 4096)).toBe(EFAULT)
    expect(sanitizer.total).toBe(0)
    expect(inRead(() => xios.xio_init_kbuf(xio, address(pool) + 100, 131072))).toBe(0)
    expect(onlyViolation(sanitizer)).toEqual({
      kind: 'short-page-list',
      object: 'page list of 130972 bytes for a buffer of 131072',
      callPath: 'read > xio_init_kbuf',
    })
    space.reserve(0, 40)
    inRead(() => xios.xio_init_ubuf(new Xio(), space, 0, 131073, 0))
    expect(sanitizer.violations[1]).toMatchObject({ callPath: 'read > xio_init_ubuf' })
  })

  it('IPIs for a mapping that was to be private (trap 14)', () => {
    const { sanitizer, inRead, take } = lab
    const msfs = msf2005()
    const pages = take(3)
    inRead(() => msfs.msf_buf_free(msfs.msf_map_pagelist(pages, 3, 0)))
    inRead(() => msfs.msf_buf_free(msfs.msf_map_pagelist(pages, 3, SFB_CPUPRIVATE | MSF_CPUPRIVATE)))
    expect(sanitizer.total).toBe(0)
    inRead(() => msfs.msf_map_pagelist(pages, 3, MSF_CPUPRIVATE))
    expect(onlyViolation(sanitizer)).toEqual({
      kind: 'ipi-for-private-mapping',
      object: 'msf_buf 0, asked for with MSF_CPUPRIVATE: 1 processors interrupted',
      callPath: 'read > msf_map > pmap_qenter',
    })
  })

  it('nothing for a buffer that msf_buf refuses (trap 13)', () => {
    lab.space.reserve(0, 40)
    expect(msf2005().msf_map_ubuf(lab.space, 1, 131072, 0)).toBe(-ERANGE)
    expect(lab.sanitizer.total).toBe(0)
  })
})

/** Each maps pages that it does not hold; gives the address of the mapping and the name of the descriptor. */
const DANGLING: readonly [string, (pages: Int32Array) => readonly [kva: number, name: string]][] = [
  [
    'msf_buf of 2004',
    (pages) => {
      const msfs = new MsfBufs2004(lab.machine, lab.pmap, lab.threads, lab.pool, 2)
      return [msfs.msf_buf_kva(msfs.msf_buf_alloc(pages, 2, 0)), 'msf_buf 0']
    },
  ],
  [
    'page list in an msf_buf of 2005',
    (pages) => {
      const msfs = msf2005()
      msfs.msf_map_pagelist(pages, 1, 0)
      return [msfs.msf_buf_kva(msfs.msf_map_pagelist(pages, 2, SFB_CPUPRIVATE)), 'msf_buf 1']
    },
  ],
  [
    'XIO in an msf_buf of 2005',
    (pages) => {
      const msfs = msf2005()
      const xio = new Xio()
      lab.xios.xio_init_pages(xio, pages, 2)
      const kva = msfs.msf_buf_kva(msfs.msf_map_xio(xio, 0))
      lab.xios.xio_release(xio)
      return [kva, 'msf_buf 0']
    },
  ],
  [
    'sf_buf of 2004',
    (pages) => {
      const sfs = sf2004()
      return [sfs.sf_buf_kva(sfs.sf_buf_alloc(pages[0]!, 0)), 'sf_buf 0']
    },
  ],
  [
    'sf_buf of FreeBSD',
    (pages) => {
      const sfs = new FreeBsdSfBufs(lab.machine, lab.pmap, lab.threads, lab.pool, 2)
      return [sfs.sf_buf_kva(sfs.sf_buf_alloc(pages[0]!, 0)), 'sf_buf 0']
    },
  ],
]

describe.each(DANGLING)('a page freed under the mapping of an %s', (_, map) => {
  it('is found when the mapping is used', () => {
    const { machine, pages, sanitizer, inRead, take } = lab
    const list = take(2)
    const [kva, name] = map(list)
    inRead(() => machine.translate(kva, false))
    expect(sanitizer.total).toBe(0)
    pages.free(list[0]!)
    inRead(() => machine.translate(kva, false))
    expect(onlyViolation(sanitizer)).toEqual({
      kind: 'mapping-of-free-page',
      object: `page ${list[0]}, freed while ${name} maps it`,
      callPath: 'read > load',
    })
  })

  it('is found when the page belongs to somebody else by then', () => {
    const { machine, pages, sanitizer, inRead, take } = lab
    const list = take(2)
    const [kva, name] = map(list)
    pages.free(list[0]!)
    while (pages.alloc() !== list[0]) continue
    inRead(() => machine.translate(kva, true))
    expect(onlyViolation(sanitizer)).toEqual({
      kind: 'mapping-of-free-page',
      object: `page ${list[0]}, freed while ${name} maps it`,
      callPath: 'read > store',
    })
  })
})

describe('a mapping that is kept for the next user', () => {
  it('is sound for a page that was freed and allocated again in between', () => {
    const { machine, pages, sanitizer, take } = lab
    const sfs = sf2004()
    const [pfn] = take(1)
    sfs.sf_buf_free(sfs.sf_buf_alloc(pfn!, SFBA_QUICK))
    pages.free(pfn!)
    while (pages.alloc() !== pfn) continue
    const sf = sfs.sf_buf_alloc(pfn, SFBA_QUICK)
    machine.translate(sfs.sf_buf_kva(sf), true)
    sfs.sf_buf_free(sf)
    sanitizer.end()
    expect(sanitizer.violations).toEqual([])
  })

  it('may leave a used descriptor on the free list of 2004 (trap 15)', () => {
    const sfs = sf2004()
    const [pfn] = lab.take(1)
    sfs.sf_buf_free(sfs.sf_buf_alloc(pfn!, 0))
    const sf = sfs.sf_buf_alloc(pfn!, 0)
    expect(sfs.freeList.has(sf)).toBe(true)
    lab.machine.translate(sfs.sf_buf_kva(sf), true)
    sfs.sf_buf_free(sf)
    lab.sanitizer.end()
    expect(lab.sanitizer.violations).toEqual([])
  })
})

it('finds descriptors that are not back at the end, once', () => {
  const { sanitizer, take } = lab
  const sfs = sf2004()
  const [pfn] = take(1)
  sfs.sf_buf_alloc(pfn!, 0)
  sfs.sf_buf_alloc(pfn!, 0)
  sanitizer.end()
  sanitizer.end()
  expect(sanitizer.violations).toEqual([
    {
      kind: 'kva-leak',
      object: 'sf_buf 0, used 2 times and never freed',
      atNs: 0,
      cpu: -1,
      callPath: 'end of run',
    },
  ])
})

it('names the slot of the post’s msf_buf whose page was freed', () => {
  const { machine, pages, msfs, xios, sanitizer, inRead, take } = lab
  const xio = new Xio()
  const list = take(1)
  xios.xio_init_pages(xio, list, 1)
  const msf = msfs.msf_create_from_xio(new MsfBuf(), xio) as MsfBuf
  inRead(() => msfs.msf_require_buf(msf))
  xios.xio_release(xio)
  pages.free(list[0]!)
  inRead(() => machine.translate(msf.kva, false))
  expect(onlyViolation(sanitizer)).toMatchObject({
    kind: 'mapping-of-free-page',
    object: `page ${list[0]}, freed while the msf_buf of KVA slot 0 maps it`,
  })
})

it('keeps the first 100 violations and counts all, by kind', () => {
  const { machine, pages, sanitizer } = lab
  const pfn = pages.alloc()
  pages.free(pfn)
  for (let i = 0; i < 250; i++) machine.translate(DMAP_BASE + pfn * 4096, false)
  machine.accounting.enter(Site.write)
  sanitizer.report('msf-leak', 'here', () => 'never asked')
  expect(sanitizer.total).toBe(251)
  expect(sanitizer.violations).toHaveLength(100)
  expect(sanitizer.counts).toEqual({
    ...Object.fromEntries(VIOLATION_KINDS.map((kind) => [kind, 0])),
    'free-page-access': 250,
    'msf-leak': 1,
  })
})
