/** A small number kept with each page frame (vm_page.msf_hint): the descriptor that mapped it last. */
export class PageHints {
  private readonly leaves: (Int16Array | undefined)[] = []

  /** @returns the number, or -1 when there is none */
  get(pfn: number): number {
    const leaf = this.leaves[pfn >>> 12]
    return leaf === undefined ? -1 : leaf[pfn & 4095]! - 1
  }

  /** @param hint 0 to 32766 */
  set(pfn: number, hint: number): void {
    const leaf = (this.leaves[pfn >>> 12] ??= new Int16Array(4096))
    leaf[pfn & 4095] = hint + 1
  }
}
