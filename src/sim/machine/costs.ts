/**
 * The primitives that cost a processor time, by name and by the words that people read. A further cost is one line here and a
 * value in each file of resources/costs.
 */
const COST_LABELS = {
  syscall: 'System call',
  wakeup: 'Thread wakeup and switch',
  interrupt: 'Interrupt, entry to exit',
  copyPerByte: 'Copy by the processor, per byte',
  bounceCopyPerByte: 'Copy to or from a bounce page, per byte',
  pteWrite: 'Page table entry write',
  invlpg: 'TLB invalidation of one page',
  tlbMiss: 'TLB miss',
  shootdownBase: 'TLB shootdown: send and wait',
  shootdownPerTarget: 'TLB shootdown: each processor of the same socket',
  shootdownPerRemoteTarget: 'TLB shootdown: each processor of another socket',
  ipiHandler: 'TLB shootdown: handler of the interrupted processor',
  pageAlloc: 'Page allocation',
  bufLookup: 'Buffer lookup',
  bufRecycle: 'Buffer reuse',
  bufRelease: 'Buffer release',
  kextract: 'Physical address of a kernel page',
  xioPerPage: 'Page list step, per page',
  msfCall: 'msf_buf or sf_buf call',
  camStep: 'CAM layer step',
  busdmaLoad: 'BUSDMA call',
  busdmaPerPage: 'BUSDMA load, per page',
  busdmaPerSegment: 'BUSDMA load, per segment',
  iovaAlloc: 'I/O address allocation',
  iovaSearchStep: 'I/O address allocation, per step of the search',
  iovaFree: 'I/O address release',
  iommuMap: 'IOMMU map',
  iommuMapPerPage: 'IOMMU map, per page',
  iommuUnmap: 'IOMMU unmap',
  iommuUnmapPerPage: 'IOMMU unmap, per page',
  iommuQueue: 'IOMMU deferred unmap, queue entry',
  iotlbInvalidate: 'IOTLB invalidation',
  driverCommand: 'Driver: command to the device',
  driverPerSegment: 'Driver: descriptor, per segment',
  lockUncontended: 'Lock that nobody has',
  lockHandOff: 'Lock handed over within a socket',
  lockHandOffRemote: 'Lock handed over between sockets',
  ipiIdleWake: 'TLB shootdown: wait for an idle processor',
  kvaAlloc: 'Address range: take or give back, with a lock around it',
  kvaSearchStep: 'Address range: each hole looked at',
  memoryMiss: 'Cache line that comes from memory',
  pageInsert: 'Page allocation: free queue lock, into its object',
  pageQueue: 'Page onto the inactive queue',
  pageFree: 'Page off the inactive queue, out of its object, free',
  atomicAdd: 'Shared count changed by a locked instruction',
  pageLookup: 'Page looked up by its number in its object',
  pageTreeUpdate: 'Page put into the tree of an object, or out of it',
  zoneAlloc: 'Small structure taken from its zone, cleared, and given back',
  clockRead: 'Time of day read',
  copyCall: 'Copy to or from a user: start of each',
} as const

export type CostName = keyof typeof COST_LABELS
export const COST_NAMES: readonly CostName[] = Object.keys(COST_LABELS) as CostName[]

/** What a cost is, in words. */
export function costLabel(name: CostName): string {
  return COST_LABELS[name]
}

/** Whether a cost is of each byte moved; the others are of one occurrence. */
export function isCostPerByte(name: CostName): boolean {
  return name === 'copyPerByte' || name === 'bounceCopyPerByte'
}

/** What each primitive costs one processor: ns, or ns per byte. */
export type CostProfile = Readonly<Record<CostName, number>>

/** For machines whose answers count and whose time does not. */
export const NO_COSTS = Object.fromEntries(COST_NAMES.map((name) => [name, 0])) as CostProfile
