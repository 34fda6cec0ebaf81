import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'

/** A line of 64 bytes holds so many pointers to pages, and so many page-table entries. */
const WORDS_PER_LINE = 8
/** struct buf without the list of its pages: some 344 bytes. */
const BUF_LINES = 6
/** Loops over the pages of a buffer before its transfer, alone or in a cluster, and after it. */
const BUSY_LOOPS = 2
const CLUSTER_LOOPS = 2
const DONE_LOOPS = 2
/** Searches for the page before it is made: vm_page_grab, the neighbour in vm_page_alloc, the pages cached of the object. */
const LOOKUPS_PER_PAGE = 3
/** The page daemon's marker, put behind each page and taken off. */
const MARKER_STEPS = 2

/**
 * What FreeBSD of 2013 did for each page and each buffer beside the work on lists and queues that every kernel here is charged
 * for: locks that nobody else wants, shared counts, searches in the trees of VM objects, pages that are cached before they are
 * free, and the cache lines of buffers and pages that nobody has touched since as much data went by as the cache holds
 * (vfs_bio.c, vfs_cluster.c, vm_page.c, vm_pageout.c). Each call charges for a whole buffer at once. Nothing of it depends on
 * whether the buffer is mapped, but where a call says so.
 */
export class FreeBsdWork {
  private readonly machine: Machine

  constructor(machine: Machine) {
    this.machine = machine
  }

  /** getblk found the buffer: its lock, and the count of free buffers. */
  found(): void {
    const { cost } = this.machine
    this.machine.charge(Site.getblk, cost.lockUncontended + cost.atomicAdd)
  }

  /** getblk makes a buffer the vnode's: a second look and the insertion under the bufobj's lock, and a hold on the vnode. */
  made(): void {
    this.machine.charge(Site.getblk, 2 * this.machine.cost.lockUncontended)
  }

  /**
   * getnewbuf: the buffer's lock, three counts of searches and that of free buffers; for one without an address, five more of
   * space that it gave up and takes.
   */
  picked(reservesKva: boolean): void {
    const { cost } = this.machine
    this.machine.charge(Site.getnewbuf, cost.lockUncontended + (reservesKva ? 4 : 9) * cost.atomicAdd)
  }

  /**
   * getnewbuf_reuse_bp: the header of a buffer that is reused, with its list of pages, comes from memory; brelvp takes the
   * locks of the bufobj and of the vnode.
   */
  reused(npages: number): void {
    const { cost } = this.machine
    const lines = BUF_LINES + Math.ceil(npages / WORDS_PER_LINE)
    this.machine.charge(Site.getnewbuf, 2 * cost.lockUncontended + lines * cost.memoryMiss)
  }

  /** brelse, bqrelse: the count of free buffers, and a look at who waits for one, under its lock. */
  released(site: number): void {
    const { cost } = this.machine
    this.machine.charge(site, cost.lockUncontended + cost.atomicAdd)
  }

  /**
   * allocbuf: the object's lock; for each fresh page three searches and the count of wired pages, and its removal from the tree
   * of cached pages of the object that had it last. A page found there is locked and wired, and its queue is, too.
   */
  grabbed(fresh: number, found: number): void {
    const { cost } = this.machine
    const perFresh = LOOKUPS_PER_PAGE * cost.pageLookup + cost.pageTreeUpdate + cost.atomicAdd
    const perFound = cost.pageLookup + 2 * cost.lockUncontended + cost.atomicAdd
    this.machine.charge(Site.vm_page_alloc, cost.lockUncontended + fresh * perFresh + found * perFound)
  }

  /**
   * vfs_vmio_release: the object's lock, and that of those who wait for space; each page comes from memory, and the count of
   * wired pages changes.
   */
  unwired(npages: number): void {
    const { cost } = this.machine
    const perPage = cost.memoryMiss + cost.atomicAdd
    this.machine.charge(Site.vm_page_unwire, 2 * cost.lockUncontended + npages * perPage)
  }

  /** pmap_qremove of a buffer that was mapped: the entries come from memory as the buffer does. */
  unmapped(npages: number): void {
    const lines = Math.ceil(npages / WORDS_PER_LINE)
    this.machine.charge(Site['cache miss'], lines * this.machine.cost.memoryMiss)
  }

  /**
   * vm_pageout_scan and vm_page_cache: for each page the queue's lock is given up and taken again, once more to take the page
   * off, and the page goes into the tree of cached pages of its object.
   */
  cached(npages: number): void {
    const { cost } = this.machine
    const perPage = 2 * cost.lockUncontended + cost.pageTreeUpdate + MARKER_STEPS * cost.xioPerPage
    this.machine.charge(Site.vm_page_free, npages * perPage)
  }

  /** vfs_busy_pages of a buffer that goes alone. */
  busied(site: number, npages: number): void {
    const { cost } = this.machine
    this.machine.charge(site, cost.lockUncontended + npages * BUSY_LOOPS * cost.xioPerPage)
  }

  /** cluster_rbuild, cluster_wbuild: a buffer's pages are busied, then listed, each under the object's lock. */
  clustered(site: number, npages: number): void {
    const { cost } = this.machine
    this.machine.charge(site, 2 * cost.lockUncontended + npages * CLUSTER_LOOPS * cost.xioPerPage)
  }

  /** A cluster is complete: the lock of the pbufs, to take one and to give it back; a last look at all of its pages. */
  clusterBuilt(site: number, npages: number): void {
    const { cost } = this.machine
    this.machine.charge(site, 3 * cost.lockUncontended + npages * cost.xioPerPage)
  }

  /** bufdone_finish: each page becomes valid and is busy no more. */
  done(npages: number): void {
    const { cost } = this.machine
    this.machine.charge(Site.biodone, cost.lockUncontended + npages * DONE_LOOPS * cost.xioPerPage)
  }
}
