/**
 * A short look at one physical page through a kernel address, for the processor that asks: what the copy functions of a
 * kernel put between a page list and memcpy. Which descriptor does it is the kernel's choice.
 */
export interface PageWindow {
  /** @returns a handle, or WOULD_BLOCK when the kernel sleeps until a descriptor is free */
  open(pfn: number): number
  /** Kernel address of the page's first byte. */
  address(handle: number): number
  close(handle: number): void
}
