/** Size of struct vm_page on i386, bytes: what lies between the pointers of neighbouring pages. */
const VM_PAGE_BYTES = 60
const NONE = -1

/** Hash chains of descriptors, by the page that each maps (hashinit, LIST of the mapping caches). */
export class PageHash {
  private readonly heads: Int32Array
  private readonly nextOf: Int32Array
  private readonly previousOf: Int32Array
  private readonly bucketOf: Int32Array
  private readonly mask: number

  /** @param size number of descriptors; the table has the next power of two of chains, at least 2 */
  constructor(size: number) {
    let buckets = 2
    while (buckets < size) buckets *= 2
    this.mask = buckets - 1
    this.heads = new Int32Array(buckets).fill(NONE)
    this.nextOf = new Int32Array(size).fill(NONE)
    this.previousOf = new Int32Array(size).fill(NONE)
    this.bucketOf = new Int32Array(size).fill(NONE)
  }

  /** Chain of a page by its vm_page pointer, as DragonFly hashes sf_bufs and msf_bufs. */
  chainOfPointer(pfn: number): number {
    const pointer = Math.imul(pfn, VM_PAGE_BYTES)
    return ((pointer >>> 2) + (pointer >>> 12)) & this.mask
  }

  /** Chain of a page by its index in vm_page_array, as FreeBSD hashes sf_bufs. */
  chainOfIndex(pfn: number): number {
    return pfn & this.mask
  }

  /** @returns the descriptor put last on a chain, or -1 */
  first(chain: number): number {
    return this.heads[chain]!
  }

  /** @returns the next descriptor on the same chain, or -1 */
  after(descriptor: number): number {
    return this.nextOf[descriptor]!
  }

  /** Puts a descriptor at the head of a chain. */
  insert(chain: number, descriptor: number): void {
    const next = this.heads[chain]!
    this.nextOf[descriptor] = next
    this.previousOf[descriptor] = NONE
    this.bucketOf[descriptor] = chain
    if (next !== NONE) this.previousOf[next] = descriptor
    this.heads[chain] = descriptor
  }

  /** Takes a descriptor off the chain that it is on. */
  remove(descriptor: number): void {
    const next = this.nextOf[descriptor]!
    const previous = this.previousOf[descriptor]!
    if (previous === NONE) this.heads[this.bucketOf[descriptor]!] = next
    else this.nextOf[previous] = next
    if (next !== NONE) this.previousOf[next] = previous
  }
}
