/** Layers of the I/O path, from the caller down, as results group CPU time. */
export const LAYERS = [
  'syscall',
  'copy',
  'bufcache',
  'mapping',
  'shootdown',
  'msf_buf',
  'cam',
  'busdma',
  'driver',
  'interrupt',
] as const
export type Layer = (typeof LAYERS)[number]

/** Every place that CPU time is charged to, with its layer. The order gives the numbers in `Site`. */
const TABLE = [
  ['all', 'syscall'],
  ['read', 'syscall'],
  ['write', 'syscall'],
  ['entry', 'syscall'],
  ['wakeup', 'syscall'],
  ['copyout', 'copy'],
  ['copyin', 'copy'],
  ['bcopy', 'copy'],
  ['bread', 'bufcache'],
  ['bwrite', 'bufcache'],
  ['getblk', 'bufcache'],
  ['getnewbuf', 'bufcache'],
  ['allocbuf', 'bufcache'],
  ['vm_page_alloc', 'bufcache'],
  ['brelse', 'bufcache'],
  ['biodone', 'bufcache'],
  ['uiomove', 'copy'],
  ['vm_fault', 'copy'],
  ['pmap_kenter', 'mapping'],
  ['pmap_kremove', 'mapping'],
  ['pmap_qenter', 'mapping'],
  ['pmap_qremove', 'mapping'],
  ['pmap_kextract', 'mapping'],
  ['sf_buf_alloc', 'mapping'],
  ['sf_buf_free', 'mapping'],
  ['lwbuf_alloc', 'mapping'],
  ['lwbuf_free', 'mapping'],
  ['pte write', 'mapping'],
  ['invlpg', 'mapping'],
  ['tlb miss', 'mapping'],
  ['smp_invltlb', 'shootdown'],
  ['smp_invlpg', 'shootdown'],
  ['ipi handler', 'shootdown'],
  ['msf_create_from_buf', 'msf_buf'],
  ['msf_create_from_xio', 'msf_buf'],
  ['msf_require_buf', 'msf_buf'],
  ['msf_require_xio', 'msf_buf'],
  ['msf_create_from_pages', 'msf_buf'],
  ['msf_create_from_uio', 'msf_buf'],
  ['msf_create_from_mbuf', 'msf_buf'],
  ['msf_slice', 'msf_buf'],
  ['msf_require_dma', 'msf_buf'],
  ['msf_release', 'msf_buf'],
  ['msf_buf_alloc', 'msf_buf'],
  ['msf_buf_free', 'msf_buf'],
  ['msf_map', 'msf_buf'],
  ['xio', 'msf_buf'],
  ['dastrategy', 'cam'],
  ['xpt_action', 'cam'],
  ['xpt_done', 'cam'],
  ['dadone', 'cam'],
  ['bus_dmamap_load', 'busdma'],
  ['bus_dmamap_unload', 'busdma'],
  ['bus_dmamap_sync', 'busdma'],
  ['page step', 'busdma'],
  ['segment', 'busdma'],
  ['bounce reserve', 'busdma'],
  ['bounce copy', 'busdma'],
  ['busdma_swi', 'busdma'],
  ['bounce free', 'busdma'],
  ['bounce wait', 'busdma'],
  ['ahci_start', 'driver'],
  ['ata_dma_start', 'driver'],
  ['prd', 'driver'],
  ['interrupt', 'interrupt'],
] as const satisfies readonly (readonly [string, Layer])[]

export type SiteName = (typeof TABLE)[number][0]

export const CALL_SITES: readonly { readonly name: SiteName; readonly layer: Layer }[] = TABLE.map(
  ([name, layer]) => ({ name, layer }),
)

/** Number of each call site. */
export const Site = Object.fromEntries(TABLE.map(([name], number) => [name, number])) as Readonly<
  Record<SiteName, number>
>
