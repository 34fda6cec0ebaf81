const LEVEL_BITS = 9
const LEVEL_SIZE = 1 << LEVEL_BITS
const LEVEL_MASK = LEVEL_SIZE - 1

/** I/O virtual pages of a domain: three levels of 512 entries each, addresses of 39 bits. */
export const IO_PAGES = LEVEL_SIZE * LEVEL_SIZE * LEVEL_SIZE

export const IOPTE_R = 1
export const IOPTE_W = 2

interface Leaf {
  readonly frames: Int32Array
  readonly flags: Uint8Array
}

/**
 * What devices see of memory: from I/O virtual page to page frame, with permission to read and to write. Tables come with the
 * first entry that needs them and stay, as in the kernels.
 */
export class IoPageTable {
  private readonly root: (Leaf | undefined)[][] = []
  private present = 0

  /** Entries present. */
  get entries(): number {
    return this.present
  }

  /** @param flags IOPTE_R, IOPTE_W or both */
  set(ioPage: number, frame: number, flags: number): void {
    const { frames, flags: all } = this.leafOf(ioPage) ?? this.addLeaf(ioPage)
    const at = ioPage & LEVEL_MASK
    if (all[at] === 0) this.present++
    frames[at] = frame
    all[at] = flags
  }

  /** @returns whether there was an entry */
  clear(ioPage: number): boolean {
    const leaf = this.leafOf(ioPage)
    const at = ioPage & LEVEL_MASK
    if (leaf === undefined || leaf.flags[at] === 0) return false
    leaf.flags[at] = 0
    this.present--
    return true
  }

  /** @returns -1 without an entry */
  frameOf(ioPage: number): number {
    const leaf = this.leafOf(ioPage)
    const at = ioPage & LEVEL_MASK
    return leaf === undefined || leaf.flags[at] === 0 ? -1 : leaf.frames[at]!
  }

  /** IOPTE_* bits, 0 without an entry. */
  flagsOf(ioPage: number): number {
    return this.leafOf(ioPage)?.flags[ioPage & LEVEL_MASK] ?? 0
  }

  private leafOf(ioPage: number): Leaf | undefined {
    return this.root[ioPage >>> (2 * LEVEL_BITS)]?.[(ioPage >>> LEVEL_BITS) & LEVEL_MASK]
  }

  private addLeaf(ioPage: number): Leaf {
    const leaf = { frames: new Int32Array(LEVEL_SIZE), flags: new Uint8Array(LEVEL_SIZE) }
    const directory = (this.root[ioPage >>> (2 * LEVEL_BITS)] ??= [])
    directory[(ioPage >>> LEVEL_BITS) & LEVEL_MASK] = leaf
    return leaf
  }
}
