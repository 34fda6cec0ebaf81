import type { CostProfile } from '../../machine/costs.ts'
import { checkScenario } from '../check-scenario.ts'
import type { HostFigures } from '../collect-metrics.ts'
import { collectMetrics } from '../collect-metrics.ts'
import type { RunResult, RunSeries } from '../metrics.ts'
import { Recorder } from '../recorder.ts'
import type { RunProgressSnapshot, SimulationRun } from '../run.ts'
import type { LoopRunSpec } from '../scenario.ts'
import { buildLoop, iterationsOf } from './build-loop.ts'
import type { KernelLoop, LoopWatch } from './kernel-loop.ts'

/** The run of a kernel loop. Its iterations are the requests of its result; metrics of what it does not have are 0. */
export class LoopRun implements SimulationRun {
  readonly history = null
  private readonly spec: LoopRunSpec
  private readonly loop: KernelLoop
  private readonly recorder = new Recorder()
  private readonly watch: LoopWatch

  /** @throws ScenarioError when the scenario's fields do not fit together */
  constructor(spec: LoopRunSpec, costs: CostProfile) {
    checkScenario(spec.scenario, spec.path)
    const { machine: config, workload } = spec.scenario
    this.spec = spec
    this.loop = buildLoop(config, workload, costs)
    const { machine, counters } = this.loop.bench
    const { recorder } = this
    this.watch = {
      begin: (at) => {
        machine.resetMeasurement()
        counters.reset()
        this.loop.iommu?.resetMeasurement()
        recorder.startNs = at
        recorder.endNs = at
      },
      done: (startedAt, endedAt, bytes) =>
        recorder.complete(startedAt, endedAt, bytes, machine.counters.ipis),
    }
  }

  advance(maxEvents: number): boolean {
    return this.loop.advance(maxEvents, this.watch)
  }

  progress(): RunProgressSnapshot {
    const { requests, startNs, endNs } = this.recorder
    const { workload } = this.spec.scenario
    return {
      requestsDone: requests,
      requestsTotal: iterationsOf(workload),
      simulatedNs: Math.max(0, endNs - startNs),
    }
  }

  finish(host: HostFigures): { readonly result: RunResult; readonly series: RunSeries } {
    const { bench, iommu } = this.loop
    const metrics = collectMetrics(
      {
        machine: bench.machine,
        counters: bench.counters,
        recorder: this.recorder,
        busdma: null,
        bufferMap: null,
        drive: null,
        bus: null,
        iommu,
        nic: null,
        failedRequests: 0,
        skippedLines: 0,
        verifyErrors: 0,
      },
      host,
    )
    const { scenario, path, seed } = this.spec
    return { result: { scenario: scenario.name, path, seed, metrics }, series: this.recorder.curves() }
  }
}
