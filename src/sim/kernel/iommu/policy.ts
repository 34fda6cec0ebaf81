import type { Simulator } from '../../engine/simulator.ts'
import { Iommu } from '../../machine/iommu.ts'
import type { Machine } from '../../machine/machine.ts'
import { IommuDomain } from './domain.ts'
import type { IommuPolicy } from './policy-names.ts'

/** What a policy makes of a machine. */
export interface IommuParts {
  /** Between the devices and memory; null: they are on the bus of the memory. */
  readonly iommu: Iommu | null
  /** Of the kernel that maps; null: bus addresses are physical addresses. */
  readonly domain: IommuDomain | null
}

/** Gives a machine its IOMMU and has the kernel use it by a policy. */
export function attachIommu(policy: IommuPolicy, machine: Machine, simulator: Simulator): IommuParts {
  if (policy === 'none') return { iommu: null, domain: null }
  const iommu = new Iommu(machine.sanitizer)
  if (policy === 'passthrough') {
    iommu.passesThrough = true
    return { iommu, domain: null }
  }
  return { iommu, domain: new IommuDomain(machine, simulator, iommu, policy) }
}
