import { Site } from '../../kernel/call-sites.ts'
import { SFBA_QUICK, SfBufs2004 } from '../../kernel/sf-buf/dragonfly-2004.ts'
import { PageHolds } from '../../kernel/vm/page-holds.ts'
import { Pmap } from '../../kernel/vm/pmap.ts'
import { Xio, XioCalls, XIO_INTERNAL_PAGES } from '../../kernel/xio.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { buildBench } from './bench.ts'

const SF_BUFS = 64
/** Frame of the writer's first page. */
const FIRST_FRAME = 1

/**
 * A pipe of 2004 on two processors: the writer hands over the page list of its buffer, the reader maps each page, copies it and
 * lets it go. The buffer has more pages than there are sf_bufs, so that every page is mapped anew.
 */
export class PipePages {
  private readonly parts: ReturnType<typeof buildBench>
  private readonly sfBufs: SfBufs2004
  private readonly xios: XioCalls
  private readonly xio = new Xio()
  private readonly list = new Int32Array(XIO_INTERNAL_PAGES)
  private readonly bufferPages: number
  private next = 0

  /** @param localOnly a mapping is made for the reader's processor alone (debug.sfbuf_quick) */
  constructor(costs: CostProfile, localOnly: boolean, bufferPages = 4 * SF_BUFS) {
    this.bufferPages = bufferPages
    this.parts = buildBench({ costs, cpus: 2, memoryPages: FIRST_FRAME + bufferPages, kvaPages: SF_BUFS })
    const { machine, counters, threads } = this.parts
    const pmap = new Pmap(machine, counters)
    this.sfBufs = new SfBufs2004(machine, pmap, threads, { firstPage: 0, count: SF_BUFS, quick: localOnly })
    this.xios = new XioCalls(machine, pmap, new PageHolds(), counters)
    for (const cpu of machine.cpus) cpu.runnable = 1
  }

  /** Pages that had to be mapped so far. */
  get maps(): number {
    return this.parts.counters.pteWrites
  }

  /** Moves `pages` pages, a list at a time. @returns ns for each */
  move(pages: number): number {
    const { machine } = this.parts
    const start = machine.cpus[0]!.clock
    for (let moved = 0; moved < pages; moved += XIO_INTERNAL_PAGES) {
      this.write()
      machine.switchTo(0, machine.cpu.clock)
      this.read()
    }
    return (machine.cpus[0]!.clock - start) / pages
  }

  /** A processor that computes for `ns` between two maps of one page. @returns ns from one to the next */
  compute(ns: number, maps: number): number {
    const { machine } = this.parts
    machine.switchTo(0, 0)
    const start = machine.cpu.clock
    for (let i = 0; i < maps; i++) {
      machine.charge(Site.all, ns)
      this.copy(FIRST_FRAME + (i % this.bufferPages))
    }
    return (machine.cpu.clock - start) / maps
  }

  /** The writer works ahead on its own processor: the next list is ready when the reader has done with one. */
  private write(): void {
    const { machine } = this.parts
    for (let i = 0; i < XIO_INTERNAL_PAGES; i++)
      this.list[i] = FIRST_FRAME + ((this.next + i) % this.bufferPages)
    this.next += XIO_INTERNAL_PAGES
    const ready = machine.cpus[0]!.clock
    machine.switchTo(1, 0)
    machine.charge(Site.entry, machine.cost.syscall)
    this.xios.xio_init_pages(this.xio, this.list, XIO_INTERNAL_PAGES)
    if (machine.cpu.clock < ready) machine.cpu.clock = ready
  }

  private read(): void {
    const { machine } = this.parts
    machine.charge(Site.entry, machine.cost.syscall)
    for (let i = 0; i < this.xio.npages; i++) this.copy(this.xio.pages[i]!)
    this.xios.xio_release(this.xio)
  }

  private copy(pfn: number): void {
    const { machine } = this.parts
    const sf = this.sfBufs.sf_buf_alloc(pfn, SFBA_QUICK)
    machine.translate(this.sfBufs.sf_buf_kva(sf))
    machine.chargeBytes(Site.copyout, machine.cost.copyPerByte, PAGE_SIZE)
    this.sfBufs.sf_buf_free(sf)
  }
}
