import { describe, expect, it } from 'vitest'
import type { MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec } from './scenarios.ts'

const SERVER: Partial<MachineConfig> = { cpus: 8, sockets: 2, device: 'nvme-p4800x', blockKiB: 4 }
const run = (changes: Partial<MachineConfig>) =>
  runToEnd(spec('mapped', { ...SERVER, ...changes }, { requests: 1500, queueDepth: 16 })).metrics

describe('locks of a machine', () => {
  const free = run({})

  it('are none unless asked for', () => {
    expect(free).toMatchObject({ lock_acquisitions: 0, lock_contentions: 0, lock_wait_ns: 0 })
  })

  it.each<Partial<MachineConfig>>([
    { bufLock: 'global' },
    { ipiLock: 'global' },
    { kvaLock: 'global' },
    { kvaLock: 'per-cpu' },
  ])('cost time and change nothing that is moved: %o', (changes) => {
    const locked = run(changes)
    expect(locked.lock_acquisitions).toBeGreaterThan(0)
    expect(locked.lock_wait_ns >= 0 && locked.lock_wait_ns > 0 === locked.lock_contentions > 0).toBe(true)
    expect(locked).toMatchObject({
      requests: free.requests,
      bytes: free.bytes,
      verify_errors: 0,
      sanitizer_violations: 0,
      io_errors: 0,
    })
  })

  it('are waited for by many processors and not by one', () => {
    const locks = { bufLock: 'global', ipiLock: 'global', kvaLock: 'global' } as const
    expect(run(locks).lock_contentions).toBeGreaterThan(100)
    expect(run({ ...locks, cpus: 1, sockets: 1 }).lock_contentions).toBe(0)
  })
})

describe('interrupts', () => {
  it('come to each processor in turn when they are told to', () => {
    const changes: Partial<MachineConfig> = { cpus: 2, costs: 'p3smp', cacheMiB: 8 }
    const load = { requests: 1500, spanMiB: 8, queueDepth: 16 }
    const first = runToEnd(spec('mapped', changes, load)).metrics
    const inTurn = runToEnd(spec('mapped', { ...changes, interrupts: 'round-robin' }, load)).metrics
    expect(inTurn).toMatchObject({ requests: 1500, verify_errors: 0, sanitizer_violations: 0 })
    expect(inTurn.latency_ns.mean).not.toBe(first.latency_ns.mean)
  })
})
