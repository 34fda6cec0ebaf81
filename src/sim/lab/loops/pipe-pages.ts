import { Site } from '../../kernel/call-sites.ts'
import { SFBA_QUICK, SfBufs2004 } from '../../kernel/sf-buf/dragonfly-2004.ts'
import { PageHolds } from '../../kernel/vm/page-holds.ts'
import { Pmap } from '../../kernel/vm/pmap.ts'
import { Xio, XioCalls, XIO_INTERNAL_PAGES } from '../../kernel/xio.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { Bench, BenchMachine } from './bench.ts'
import { buildBench } from './bench.ts'

/** Frame of the writer's first page. */
const FIRST_FRAME = 1

export interface PipePagesOptions {
  readonly machine: BenchMachine
  /** A mapping is made for the reader's processor alone (debug.sfbuf_quick). */
  readonly localOnly: boolean
  readonly sfBufs: number
  readonly bufferPages: number
}

/**
 * A pipe of 2004 on processors 0 and 1: the writer hands over the page list of its buffer, the reader maps each page, copies it
 * and lets it go. With more pages in the buffer than there are sf_bufs, every page is mapped anew.
 */
export class PipePages {
  readonly parts: Bench
  private readonly sfBufs: SfBufs2004
  private readonly xios: XioCalls
  private readonly xio = new Xio()
  private readonly list = new Int32Array(XIO_INTERNAL_PAGES)
  private readonly bufferPages: number
  private next = 0

  constructor({ machine: config, localOnly, sfBufs, bufferPages }: PipePagesOptions) {
    this.bufferPages = bufferPages
    this.parts = buildBench(config, { memoryPages: FIRST_FRAME + bufferPages, kvaPages: sfBufs })
    const { machine, counters, threads } = this.parts
    const pmap = new Pmap(machine, counters)
    this.sfBufs = new SfBufs2004(machine, pmap, threads, { firstPage: 0, count: sfBufs, quick: localOnly })
    this.xios = new XioCalls(machine, pmap, new PageHolds(), counters)
    for (const cpu of machine.cpus) cpu.runnable = 1
  }

  /** Moves one page list. */
  move(): void {
    const { machine } = this.parts
    this.write()
    machine.switchTo(0, machine.cpu.clock)
    this.read()
  }

  /** The reader's processor computes for `ns`, and then maps and copies one page. */
  compute(ns: number): void {
    const { machine } = this.parts
    machine.charge(Site.all, ns)
    this.copy(FIRST_FRAME + (this.next % this.bufferPages))
    this.next++
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
    for (let i = 0; i < this.xio.npages; i++) this.copy(this.xio.page(i))
    this.xios.xio_release(this.xio)
  }

  private copy(pfn: number): void {
    const { machine, counters } = this.parts
    const written = counters.pteWrites
    const sf = this.sfBufs.sf_buf_alloc(pfn, SFBA_QUICK)
    if (counters.pteWrites !== written) counters.kvaMaps++
    machine.translate(this.sfBufs.sf_buf_kva(sf))
    machine.chargeBytes(Site.copyout, machine.cost.copyPerByte, PAGE_SIZE)
    counters.bytesCopied += PAGE_SIZE
    this.sfBufs.sf_buf_free(sf)
  }
}
