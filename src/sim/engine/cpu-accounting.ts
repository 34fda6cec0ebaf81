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

/** A node has a row of 2^8 places for its children, one for each site. */
const ROW_BITS = 8
const ROW = 1 << ROW_BITS
const MOST_NODES = 0x10000

/** CPU time by call path: a tree that grows as call sites meet in new ways. */
export class CpuAccounting {
  private readonly sites: readonly CallSite[]
  private parents: Int32Array
  private siteOf: Int32Array
  private selfNs: Float64Array
  /** Row of each node: the child of each site, or 0, for the root is nobody's child. */
  private childOf: Uint16Array
  private nodes = 1
  private current = 0

  /**
   * @param sites the table that site numbers index; site 0 names the root
   * @throws RangeError for more sites than a row has places
   */
  constructor(sites: readonly CallSite[]) {
    if (sites.length > ROW) throw new RangeError(`${sites.length} call sites, more than ${ROW}`)
    this.sites = sites
    this.parents = new Int32Array(64)
    this.siteOf = new Int32Array(64)
    this.selfNs = new Float64Array(64)
    this.childOf = new Uint16Array(64 * ROW)
  }

  /** Charges from now until the matching `leave` fall below `site`. */
  enter(site: number): void {
    this.current = this.child(this.current, site)
  }

  leave(): void {
    this.current = this.parents[this.current]!
  }

  /** @param ns a multiple of 2^-10, see quantizeNs */
  charge(site: number, ns: number): void {
    this.add(this.nodeOf(site), ns)
  }

  /** Names of the call sites from the outermost in, without the root. */
  path(): string[] {
    const names: string[] = []
    for (let node = this.current; node !== 0; node = this.parents[node]!)
      names.unshift(this.sites[this.siteOf[node]!]!.name)
    return names
  }

  /** Forgets all charges; the place in the call path stays. */
  reset(): void {
    this.selfNs.fill(0)
  }

  /** The whole tree, children with the most time first, without nodes that were never charged. */
  tree(): CallTree {
    return this.subtree(0)
  }

  /** Node of a site that is called from where the path is now. */
  private nodeOf(site: number): number {
    return this.child(this.current, site)
  }

  private add(node: number, ns: number): void {
    this.selfNs[node] = this.selfNs[node]! + ns
  }

  private child(node: number, site: number): number {
    const child = this.childOf[(node << ROW_BITS) | site]!
    return child === 0 ? this.addChild(node, site) : child
  }

  private addChild(node: number, site: number): number {
    if (this.nodes === this.parents.length) this.grow()
    const child = this.nodes++
    this.parents[child] = node
    this.siteOf[child] = site
    this.childOf[(node << ROW_BITS) | site] = child
    return child
  }

  private subtree(node: number): CallTree {
    const children: CallTree[] = []
    let totalNs = this.selfNs[node]!
    for (let site = 0; site < this.sites.length; site++) {
      const child = this.childOf[(node << ROW_BITS) | site]!
      if (child === 0) continue
      const tree = this.subtree(child)
      if (tree.totalNs === 0) continue
      totalNs += tree.totalNs
      children.push(tree)
    }
    children.sort((a, b) => b.totalNs - a.totalNs || (a.name < b.name ? -1 : 1))
    const { name, layer } = this.sites[this.siteOf[node]!]!
    return { name, layer, selfNs: this.selfNs[node]!, totalNs, children }
  }

  private grow(): void {
    const size = this.parents.length * 2
    if (size > MOST_NODES) throw new RangeError(`more than ${MOST_NODES} ways to reach the call sites`)
    const parents = new Int32Array(size)
    const siteOf = new Int32Array(size)
    const selfNs = new Float64Array(size)
    const childOf = new Uint16Array(size * ROW)
    parents.set(this.parents)
    siteOf.set(this.siteOf)
    selfNs.set(this.selfNs)
    childOf.set(this.childOf)
    this.parents = parents
    this.siteOf = siteOf
    this.selfNs = selfNs
    this.childOf = childOf
  }
}
