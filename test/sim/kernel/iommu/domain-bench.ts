import { Simulator } from '../../../../src/sim/engine/simulator.ts'
import type { CallTree } from '../../../../src/sim/engine/cpu-accounting.ts'
import type { IommuDomain } from '../../../../src/sim/kernel/iommu/domain.ts'
import { attachIommu } from '../../../../src/sim/kernel/iommu/policy.ts'
import type { Iommu } from '../../../../src/sim/machine/iommu.ts'
import type { Machine } from '../../../../src/sim/machine/machine.ts'
import type { Sanitizer } from '../../../../src/sim/machine/sanitizer.ts'
import { testMachine } from '../../machine/test-machine.ts'

/** A machine that checks itself, and the domain of its IOMMU. */
export class DomainBench {
  readonly simulator = new Simulator()
  readonly machine: Machine
  readonly iommu: Iommu
  readonly domain: IommuDomain
  readonly sanitizer: Sanitizer

  constructor(policy: 'strict' | 'lazy') {
    this.machine = testMachine({ sanitizer: true }, this.simulator)
    const { iommu, domain } = attachIommu(policy, this.machine, this.simulator)
    if (iommu === null || domain === null || this.machine.sanitizer === null) throw new Error('no IOMMU')
    this.iommu = iommu
    this.domain = domain
    this.sanitizer = this.machine.sanitizer
  }

  /** Maps frames from `pfn` on. @returns the first I/O page */
  map(pfn: number, pages = 1): number {
    const first = this.domain.iova_alloc(pages, 0x7fffffff, 1)
    for (let i = 0; i < pages; i++) this.domain.enter(first + i, pfn + i)
    this.domain.charge_map(pages)
    return first
  }

  /** Frame that a device reaches by an I/O page, or -1. */
  frame(ioPage: number): number {
    const physical = this.iommu.translate(ioPage * 4096, true)
    return physical < 0 ? -1 : physical / 4096
  }

  /** Time of each call path, ns. */
  times(): Record<string, number> {
    const times: Record<string, number> = {}
    const visit = (tree: CallTree, path: string): void => {
      if (tree.selfNs > 0) times[path] = tree.selfNs
      for (const child of tree.children) visit(child, path === '' ? child.name : `${path} > ${child.name}`)
    }
    visit(this.machine.accounting.tree(), '')
    return times
  }

  /** Kinds of what the machine found wrong, at the end of the run. */
  violations(): string[] {
    this.sanitizer.end()
    return this.sanitizer.violations.map(({ kind }) => kind)
  }
}
