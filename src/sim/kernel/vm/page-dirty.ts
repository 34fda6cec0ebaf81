/** Which page frames were marked dirty as a whole (vm_page_dirty), and must reach the disk before they are reused. */
export class PageDirty {
  private readonly leaves: (Uint8Array | undefined)[] = []

  mark(pfn: number): void {
    const leaf = (this.leaves[pfn >>> 12] ??= new Uint8Array(4096))
    leaf[pfn & 4095] = 1
  }

  has(pfn: number): boolean {
    return this.leaves[pfn >>> 12]?.[pfn & 4095] === 1
  }

  /** The page was written out. */
  clean(pfn: number): void {
    const leaf = this.leaves[pfn >>> 12]
    if (leaf !== undefined) leaf[pfn & 4095] = 0
  }
}
