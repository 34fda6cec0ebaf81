import type { Sanitizer } from '../machine/sanitizer.ts'

/** Descriptors that each own a stretch of KVA for good. */
export interface DescriptorPool {
  /** What one is called, such as `sf_buf`. */
  readonly name: string
  /** First page of the pool's KVA. */
  readonly firstPage: number
  /** Pages of KVA of each descriptor. */
  readonly pagesEach: number
  readonly count: number
  /** Users of a descriptor now. */
  readonly refsOf: (descriptor: number) => number
}

/** Tells the sanitizer whose mappings lie in a pool's KVA, and that every descriptor must be back at the end. */
export function watchPool(sanitizer: Sanitizer, pool: DescriptorPool): void {
  const { name, firstPage, pagesEach, count, refsOf } = pool
  sanitizer.watchMappings(firstPage, count * pagesEach, (page) => {
    const descriptor = Math.floor((page - firstPage) / pagesEach)
    return refsOf(descriptor) > 0 ? `${name} ${descriptor}` : null
  })
  sanitizer.atEnd(() => {
    for (let descriptor = 0; descriptor < count; descriptor++) {
      const refs = refsOf(descriptor)
      if (refs > 0)
        sanitizer.report(
          'kva-leak',
          'end of run',
          () => `${name} ${descriptor}, used ${refs} times and never freed`,
        )
    }
  })
}
