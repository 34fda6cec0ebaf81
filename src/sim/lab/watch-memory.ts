import type { KvaSlots } from '../kernel/msf-buf/kva-slots.ts'
import type { PageAllocator } from '../kernel/vm/page-allocator.ts'
import type { PageHolds } from '../kernel/vm/page-holds.ts'
import { XIO_INTERNAL_PAGES } from '../kernel/xio.ts'
import type { Machine } from '../machine/machine.ts'

/** Tells the machine's sanitizer, if there is one, which pages the kernel keeps, and whose mappings lie in the msf_buf slots. */
export function watchMemory(
  machine: Machine,
  pages: PageAllocator,
  holds: PageHolds,
  firstSlotPage: number,
  slots: KvaSlots,
): void {
  const { sanitizer } = machine
  if (sanitizer === null) return
  holds.sanitizer = sanitizer
  pages.sanitizer = sanitizer
  sanitizer.isPinned = (pfn) => pages.isPinned(pfn)
  sanitizer.watchMappings(firstSlotPage, slots.size * XIO_INTERNAL_PAGES, (page) =>
    machine.pageTable.frameOf(page) < 0
      ? null
      : `the msf_buf of KVA slot ${Math.floor((page - firstSlotPage) / XIO_INTERNAL_PAGES)}`,
  )
}
