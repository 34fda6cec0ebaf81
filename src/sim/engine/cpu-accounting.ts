/** A place in the code that CPU time is charged to. */
export interface CallSite {
  readonly name: string
  readonly layer: string
}

/** A node of the finished tree; `totalNs` is `selfNs` plus the children's totals, exactly. */
export interface CallTree {
  readonly name: string
  readonly layer: string
  readonly selfNs: number
  readonly totalNs: number
  readonly children: readonly CallTree[]
}

/**
 * Charges are whole multiples of 2^-10 ns. Sums of such numbers below 2^43 ns are exact in float64 in any order, so the
 * tree adds up to the busy time exactly, with no rounding to explain away.
 */
export function quantizeNs(ns: number): number {
  return Math.floor(ns * 1024 + 0.5) / 1024
}

/** A node has a row of 2^8 places, one for each site. */
const ROW_BITS = 8
const ROW = 1 << ROW_BITS
/** Nodes at most, some five times what runs use. A table that is never replaced is a constant to V8, and takes memory only as it is used. */
const MOST_NODES = 0x200

/**
 * CPU time by call path: a tree that grows as call sites are entered in new ways. Nodes are known by where their rows begin, so
 * that a charge is one addition to one place.
 */
export class CpuAccounting {
  private readonly sites: readonly CallSite[]
  /** By number of the node. */
  private readonly parents = new Int32Array(MOST_NODES)
  private readonly siteOf = new Int32Array(MOST_NODES)
  /** Row of each node: what was charged to each site below it. */
  private readonly charged = new Float64Array(MOST_NODES * ROW)
  /** Row of each node: the child that entering a site leads to, or 0, for the root is nobody's child. */
  private readonly childOf = new Int32Array(MOST_NODES * ROW)
  private nodes = 1
  private current = 0

  /**
   * @param sites the table that site numbers index; site 0 names the root
   * @throws RangeError for more sites than a row has places
   */
  constructor(sites: readonly CallSite[]) {
    if (sites.length > ROW) throw new RangeError(`${sites.length} call sites, more than ${ROW}`)
    this.sites = sites
  }

  /** Charges from now until the matching `leave` fall below `site`. */
  enter(site: number): void {
    const child = this.childOf[this.current | site]!
    this.current = child === 0 ? this.addChild(site) : child
  }

  leave(): void {
    this.current = this.parents[this.current >>> ROW_BITS]!
  }

  /** @param ns a multiple of 2^-10, see quantizeNs */
  charge(site: number, ns: number): void {
    this.add(this.current | site, ns)
  }

  /** Names of the call sites from the outermost in, without the root. */
  path(): string[] {
    const names: string[] = []
    for (let row = this.current; row !== 0; row = this.parents[row >>> ROW_BITS]!)
      names.unshift(this.sites[this.siteOf[row >>> ROW_BITS]!]!.name)
    return names
  }

  /** Forgets all charges; the place in the call path stays. */
  reset(): void {
    this.charged.fill(0, 0, this.nodes * ROW)
  }

  /** The whole tree, children with the most time first, without nodes that were never charged. */
  tree(): CallTree {
    return this.subtree(0, 0, 0)
  }

  private add(at: number, ns: number): void {
    this.charged[at] = this.charged[at]! + ns
  }

  private addChild(site: number): number {
    if (this.nodes === MOST_NODES)
      throw new RangeError(`more than ${MOST_NODES - 1} ways to reach the call sites`)
    const node = this.nodes++
    const row = node << ROW_BITS
    this.parents[node] = this.current
    this.siteOf[node] = site
    this.childOf[this.current | site] = row
    return row
  }

  /** @param row of the node @param site its own @param selfNs what was charged to it */
  private subtree(row: number, site: number, selfNs: number): CallTree {
    const { name, layer } = this.sites[site]!
    const children: CallTree[] = []
    let totalNs = selfNs
    for (let below = 0; below < this.sites.length; below++) {
      const charged = this.charged[row | below]!
      const child = this.childOf[row | below]!
      const tree = child === 0 ? this.leaf(below, charged) : this.subtree(child, below, charged)
      if (tree.totalNs === 0) continue
      totalNs += tree.totalNs
      children.push(tree)
    }
    children.sort((a, b) => b.totalNs - a.totalNs || (a.name < b.name ? -1 : 1))
    return { name, layer, selfNs, totalNs, children }
  }

  private leaf(site: number, selfNs: number): CallTree {
    const { name, layer } = this.sites[site]!
    return { name, layer, selfNs, totalNs: selfNs, children: [] }
  }
}
