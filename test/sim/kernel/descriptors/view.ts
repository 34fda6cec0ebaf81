import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../../../../src/sim/machine/page.ts'

/** One way to reach bytes of some pages: through a mapping, a page list or a user's addresses. */
export interface View {
  readonly kind: string
  /** Frames, in order; a frame may come twice. */
  readonly pages: readonly number[]
  /** Where the data begins in the first page. */
  readonly offset: number
  readonly bytes: number
  /** The processor that may use it, or null for any. */
  readonly cpu: number | null
  /** Whether the view itself keeps its pages in place, so that their owner may free them. */
  readonly holds: boolean
  /** The view that must outlive this one. */
  readonly base: View | null
  /** Copies bytes from the view to a kernel address. */
  read(at: number, bytes: number, to: number): void
  /** Copies bytes from a kernel address into the view. */
  write(at: number, bytes: number, from: number): void
  /** Gives everything back that opening it took. */
  close(): void
}

/** A stretch of one page. */
export interface Stretch {
  readonly pfn: number
  /** First byte in the page, and how many. */
  readonly start: number
  readonly bytes: number
}

/** The page stretches of a range of a view's data, in order. */
export function stretchesOf(view: View, at: number, bytes: number): Stretch[] {
  const stretches: Stretch[] = []
  for (let done = 0; done < bytes;) {
    const place = view.offset + at + done
    const start = place & PAGE_MASK
    const count = Math.min(bytes - done, PAGE_SIZE - start)
    stretches.push({ pfn: view.pages[place >> PAGE_SHIFT]!, start, bytes: count })
    done += count
  }
  return stretches
}

/** Where a view shows bytes of a stretch: ranges of its data. */
export function overlaps(view: View, stretch: Stretch): { at: number; bytes: number }[] {
  const ranges: { at: number; bytes: number }[] = []
  view.pages.forEach((pfn, index) => {
    if (pfn !== stretch.pfn) return
    const first = index * PAGE_SIZE + stretch.start - view.offset
    const from = Math.max(0, first)
    const to = Math.min(view.bytes, first + stretch.bytes)
    if (from < to) ranges.push({ at: from, bytes: to - from })
  })
  return ranges
}
