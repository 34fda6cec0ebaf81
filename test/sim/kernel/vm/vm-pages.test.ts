import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { vm_page_bits } from '../../../../src/sim/kernel/vm/page-bits.ts'
import type { VmObject } from '../../../../src/sim/kernel/vm/vm-pages.ts'
import { VmPages } from '../../../../src/sim/kernel/vm/vm-pages.ts'
import { KernelBench } from '../kernel-bench.ts'

const KEEP = { keep: true, maxPages: Infinity, severePages: 0 }

it.each([
  [0, 0, 0],
  [0, 512, 0x01],
  [0, 513, 0x03],
  [511, 2, 0x03],
  [1024, 1024, 0x0c],
  [3584, 512, 0x80],
  [0, 4096, 0xff],
  [1, 4095, 0xff],
])('vm_page_bits(%d, %d) names the chunks that the range touches', (base, bytes, bits) => {
  expect(vm_page_bits(base, bytes)).toBe(bits)
})

describe('VmPages', () => {
  it('finds exactly the pages that objects have, through growth and reuse of handles', () => {
    const place = fc.record({
      object: fc.nat(2),
      pindex: fc.oneof(
        fc.nat(600),
        fc.nat(600).map((low) => 2 ** 33 + low),
      ),
    })
    fc.assert(
      fc.property(fc.array(place, { minLength: 300, maxLength: 900 }), (places) => {
        const bench = new KernelBench()
        const vm = new VmPages(bench.pages, { ...KEEP, keep: false })
        const objects: VmObject[] = [0, 1, 2].map(() => vm.newObject())
        const model = new Map<string, number>()
        for (const { object, pindex } of places) {
          const key = `${object} ${pindex}`
          const known = model.get(key)
          expect(vm.vm_page_lookup(objects[object]!, pindex)).toBe(known ?? -1)
          if (known === undefined) {
            const page = vm.vm_page_alloc(objects[object]!, pindex, 0)
            model.set(key, page)
          } else {
            vm.unwire(known)
            model.delete(key)
          }
        }
        expect(vm.residentPages).toBe(model.size)
        expect(new Set([...model.values()].map((page) => vm.frameOf(page))).size).toBe(model.size)
      }),
      { numRuns: 20 },
    )
  })

  it('keeps a changed page, also without a page cache and when memory is short, until it is clean', () => {
    const bench = new KernelBench()
    const vm = new VmPages(bench.pages, { keep: false, maxPages: 2, severePages: 0 })
    const object = vm.newObject()
    const page = vm.vm_page_alloc(object, 0, 0)
    vm.vm_page_dirty(page)
    vm.unwire(page)
    expect([vm.inactivePages, vm.dirty(page)]).toEqual([1, 0xff])
    vm.vm_page_alloc(object, 1, 0)
    expect(vm.vm_page_alloc(object, 2, 0)).toBe(-1)
    vm.wire(page)
    vm.vm_page_set_validclean(page, 0, 4096)
    vm.unwire(page)
    expect([vm.residentPages, vm.vm_page_lookup(object, 0)]).toEqual([1, -1])
  })

  it('knows what is valid chunk by chunk, and forgets it on request', () => {
    const bench = new KernelBench()
    const vm = new VmPages(bench.pages, KEEP)
    const page = vm.vm_page_alloc(vm.newObject(), 7, 0)
    vm.vm_page_set_validclean(page, 512, 1024)
    expect([
      vm.valid(page),
      vm.vm_page_is_valid(page, 512, 1024),
      vm.vm_page_is_valid(page, 0, 1024),
    ]).toEqual([0x06, true, false])
    vm.vm_page_set_invalid(page, 1024, 512)
    expect([vm.valid(page), vm.isWholeValid(page)]).toEqual([0x02, false])
    vm.vm_page_set_validclean(page, 0, 4096)
    expect(vm.isWholeValid(page)).toBe(true)
    expect(vm.wireCount(page)).toBe(1)
  })

  it('calls the shortage severe when too few pages are left, unused ones counted as left', () => {
    const bench = new KernelBench()
    const vm = new VmPages(bench.pages, { keep: true, maxPages: 4, severePages: 3 })
    const object = vm.newObject()
    const pages = [0, 1].map((pindex) => {
      const page = vm.vm_page_alloc(object, pindex, 0)
      vm.vm_page_set_validclean(page, 0, 4096)
      return page
    })
    expect(vm.vm_page_count_severe()).toBe(true)
    vm.unwire(pages[0]!)
    expect([vm.vm_page_count_severe(), vm.inactivePages]).toEqual([false, 1])
  })
})
