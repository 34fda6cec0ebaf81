/**
 * How a kernel uses the IOMMU. `none`: the machine has none. `passthrough`: devices see physical memory. `strict`, `lazy`:
 * devices see what is mapped for them; see IommuDomain.
 */
export const IOMMU_POLICIES = ['none', 'passthrough', 'strict', 'lazy'] as const
export type IommuPolicy = (typeof IOMMU_POLICIES)[number]
