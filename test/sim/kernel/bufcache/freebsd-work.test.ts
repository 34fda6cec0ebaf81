import { describe, expect, it } from 'vitest'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import type { CacheOptions } from './cache-bench.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const BLOCK = 16 * KIB
const PAGES = 4
const BUFS = 8

type Act = (bench: CacheBench) => void

/** What `act` costs more with the work than without, ns, after `before`. */
function extra(before: Act, act: Act, options: Partial<CacheOptions> = {}): number {
  const [without, with_] = [false, true].map((freeBsdWork) => {
    const bench = new CacheBench({ limits: limitsForBuffers(BUFS, BLOCK), ...options, freeBsdWork })
    bench.vnode(BLOCK)
    before(bench)
    const start = bench.machine.cpu.clock
    act(bench)
    return bench.machine.cpu.clock - start
  })
  return with_! - without!
}

const { cost } = new CacheBench().machine
const { lockUncontended: lock, atomicAdd: count, memoryMiss: miss, xioPerPage: step } = cost
const FRESH_PAGE = 3 * cost.pageLookup + cost.pageTreeUpdate + count
const FRESH = lock + PAGES * FRESH_PAGE
const RELEASE = lock + count
const CACHED_PAGE = 2 * lock + cost.pageTreeUpdate + 2 * step

function readBlock(bench: CacheBench, vp: ReturnType<CacheBench['vnode']>, block: number): void {
  bench.cache.bread(vp, block, BLOCK)
  bench.endAll()
  bench.cache.bqrelse(bench.cache.incore(vp, block)!)
}

describe.each(['mapped', 'direct'] as const)(
  'what FreeBSD does for pages and buffers on the %s path',
  (path) => {
    const picked = lock + (path === 'mapped' ? 4 : 9) * count

    it('makes a buffer of fresh pages', () => {
      const act: Act = (bench) => void bench.cache.getblk(bench.vnode(BLOCK), 0, BLOCK)
      expect(extra(() => undefined, act, { path })).toBeCloseTo(picked + 2 * lock + FRESH, 6)
    })

    it('reads it, releases it, and finds it', () => {
      const vps = new Map<CacheBench, ReturnType<CacheBench['vnode']>>()
      const before: Act = (bench) => {
        const vp = bench.vnode(BLOCK)
        vps.set(bench, vp)
        bench.cache.getblk(vp, 0, BLOCK)
        bench.cache.bqrelse(bench.cache.incore(vp, 0)!)
      }
      const transfer = 2 * (lock + PAGES * 2 * step)
      expect(extra(before, (bench) => readBlock(bench, vps.get(bench)!, 0), { path })).toBeCloseTo(
        lock + count + transfer + RELEASE,
        6,
      )
    })

    it('reuses one, whose header and pages come from memory, and whose pages are cached before they are free', () => {
      const vps = new Map<CacheBench, ReturnType<CacheBench['vnode']>>()
      const before: Act = (bench) => {
        const vp = bench.vnode(BLOCK)
        vps.set(bench, vp)
        for (let block = 0; bench.vm.freed === 0; block++) readBlock(bench, vp, block)
      }
      const act: Act = (bench) => {
        const { freed } = bench.vm
        bench.cache.getblk(vps.get(bench)!, 1000, BLOCK)
        expect(bench.vm.freed - freed).toBe(PAGES)
      }
      const header = 2 * lock + (6 + 1) * miss
      const unwired = 2 * lock + PAGES * (miss + count)
      const entries = path === 'mapped' ? miss : 0
      expect(extra(before, act, { path })).toBeCloseTo(
        picked + header + entries + unwired + PAGES * CACHED_PAGE + 2 * lock + FRESH,
        6,
      )
    })

    it('takes pages that are in memory without making them', () => {
      const vps = new Map<CacheBench, ReturnType<CacheBench['vnode']>>()
      const before: Act = (bench) => {
        const vp = bench.vnode(BLOCK)
        vps.set(bench, vp)
        for (let block = 0; bench.vm.idled === 0; block++) readBlock(bench, vp, block)
        readBlock(bench, vp, 500)
      }
      const act: Act = (bench) => void bench.cache.getblk(vps.get(bench)!, 0, BLOCK)
      const found = lock + PAGES * (cost.pageLookup + 2 * lock + count)
      const header = 2 * lock + (6 + 1) * miss
      const unwired = 2 * lock + PAGES * (miss + count)
      const entries = path === 'mapped' ? miss : 0
      expect(extra(before, act, { path, keep: true })).toBeCloseTo(
        picked + header + entries + unwired + 2 * lock + found,
        6,
      )
    })

    it('reads a cluster: each buffer is busied and listed, the whole looked at once more', () => {
      const FILE = 64 * BLOCK
      const act: Act = (bench) => {
        const vp = bench.vnode(BLOCK)
        bench.cache.cluster_read(vp, FILE, 0, BLOCK, 4 * BLOCK, 0)
      }
      const limits = limitsForBuffers(128, BLOCK)
      const each = picked + 2 * lock + FRESH + 2 * lock + PAGES * 2 * step
      const whole = 3 * lock + 4 * PAGES * step
      expect(extra(() => undefined, act, { path, limits, pbufs: true })).toBeCloseTo(4 * each + whole, 6)
    })
  },
)
