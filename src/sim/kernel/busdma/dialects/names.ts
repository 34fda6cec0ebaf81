/** Names of the dialects, oldest kernel first, the lab's own before the one that is no BUSDMA at home. */
export const BUSDMA_DIALECT_NAMES = [
  'dragonfly-2004',
  'dragonfly-2020',
  'freebsd-10.4',
  'freebsd-main',
  'dmalab',
  'linux',
] as const
export type BusDmaDialectName = (typeof BUSDMA_DIALECT_NAMES)[number]
