/** Scenarios of the examples that show what goes wrong, as `file: scenario`. */
export const FAILING_EXAMPLES: readonly string[] = [
  'dialects.dmalab: dragonfly-2004',
  'iommu.dmalab: stray transfers, no IOMMU',
]
