import { quantizeNs } from '../../engine/cpu-accounting.ts'
import { Site } from '../../kernel/call-sites.ts'
import type { IommuPolicy } from '../../kernel/iommu/policy-names.ts'
import { attachIommu } from '../../kernel/iommu/policy.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { buildBench } from './bench.ts'

const QUEUE_DEPTH = 32
const LAST_PAGE = 0xfffffffff

export interface IommuLoopOptions {
  readonly costs: CostProfile
  readonly policy: IommuPolicy
  /** Buffers are mapped once, before the first request. */
  readonly premapped: boolean
  /** Processor time of a request without any mapping, ns. */
  readonly requestNs: number
  readonly requests: number
}

/** One processor that keeps one fast device busy with requests of a page, and maps each as the policy says. @returns ns per request */
export function runIommuLoop(options: IommuLoopOptions): number {
  const { costs, policy, premapped, requests } = options
  const { simulator, machine } = buildBench({ costs, cpus: 1, kvaPages: 1 })
  const { domain } = attachIommu(policy, machine, simulator)
  const requestNs = quantizeNs(options.requestNs)
  const ioPages = new Float64Array(QUEUE_DEPTH).fill(-1)
  const map = (slot: number): void => {
    ioPages[slot] = domain!.iova_alloc(1, LAST_PAGE, 1)
    domain!.enter(ioPages[slot], slot)
    domain!.charge_map(1)
  }
  if (domain !== null && premapped) for (let slot = 0; slot < QUEUE_DEPTH; slot++) map(slot)
  const mapsEach = domain !== null && !premapped
  const start = machine.cpu.clock
  let done = 0
  const step = simulator.on((slot) => {
    machine.switchTo(0, simulator.now)
    if (mapsEach && ioPages[slot]! >= 0) domain.unmap(ioPages[slot]!, 1)
    machine.charge(Site.entry, requestNs)
    if (mapsEach) map(slot)
    if (++done < requests) simulator.schedule(machine.cpu.clock, step, (slot + 1) % QUEUE_DEPTH)
  })
  simulator.schedule(start, step, 0)
  while (done < requests) simulator.run(1)
  return (machine.cpu.clock - start) / requests
}
