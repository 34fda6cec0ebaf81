import { defineStore } from 'pinia'
import { computed, ref, shallowReactive } from 'vue'
import type { EventName, Failure, HostEvents } from '../../shared/ipc/contract.ts'
import { RUN_PATHS } from '../../shared/lab.ts'
import type { IoPath, RunPath } from '../../shared/lab.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import { ask } from '../bridge/connection.ts'
import { useConnection } from '../bridge/key.ts'
import { fingerprintOf } from '../project/fingerprint.ts'
import { runsOf } from '../project/runs-of.ts'
import type { FinishedRun } from '../results/finished-run.ts'
import { failureOf, useDialogs } from './dialogs.ts'
import { useProject } from './project.ts'

export type RunState = 'waiting' | 'running' | 'done' | 'cancelled' | 'failed'
type Progress = Omit<HostEvents['run.progress'], 'batch' | 'index' | 'scenario' | 'path'>

export interface RunRow {
  readonly scenario: string
  readonly path: RunPath
  state: RunState
  progress: Progress
}

interface KeptRun extends FinishedRun {
  /** The settings that the run was made with; see fingerprintOf. */
  readonly fingerprint: string
}

type RunEvent = {
  [E in Exclude<EventName, 'menu.command'>]: { readonly event: E; readonly payload: HostEvents[E] }
}[Exclude<EventName, 'menu.command'>]

const notStarted: Progress = { requestsDone: 0, requestsTotal: null, fraction: 0, simulatedNs: 0, wallMs: 0 }

/** The batch of runs that was started last, and the results of every scenario since the project was opened. */
export const useRuns = defineStore('runs', () => {
  const connection = useConnection()
  const { bridge } = connection
  const projects = useProject()
  const dialogs = useDialogs()

  const rows = ref<RunRow[]>([])
  const status = ref<'idle' | 'starting' | 'running' | 'done' | 'cancelled' | 'failed'>('idle')
  const results = shallowReactive(new Map<string, Map<string, KeptRun>>())
  const fingerprints = new Map<string, string>()
  let batch: string | null = null
  /** Events that came before the answer which names the batch. */
  let early: RunEvent[] = []

  const active = computed(() => status.value === 'starting' || status.value === 'running')
  const fraction = computed(
    () => rows.value.reduce((sum, row) => sum + row.progress.fraction, 0) / Math.max(1, rows.value.length),
  )

  function keep(run: FinishedRun): void {
    const { scenario, path } = run.result
    const fingerprint = fingerprints.get(scenario) ?? ''
    // Paths are compared side by side, so results of other settings make way for this one.
    const kept = [...(results.get(scenario) ?? [])].filter(([, each]) => each.fingerprint === fingerprint)
    results.set(scenario, new Map([...kept, [path, { ...run, fingerprint }]]))
  }

  function end(next: 'done' | 'cancelled' | 'failed', error?: Failure): void {
    const left: RunState = next === 'failed' ? 'failed' : 'cancelled'
    for (const row of rows.value) if (row.state === 'waiting' || row.state === 'running') row.state = left
    status.value = next
    batch = null
    if (error !== undefined) void dialogs.showFailure('The run failed', new FailureError(error))
  }

  function receive(message: RunEvent): void {
    if (status.value === 'starting') {
      early.push(message)
      return
    }
    if (message.payload.batch !== batch) return
    if (message.event === 'run.ended') {
      end(message.payload.status, message.payload.error)
      return
    }
    const row = rows.value[message.payload.index]
    if (row === undefined) return
    if (message.event === 'run.progress') {
      const { requestsDone, requestsTotal, fraction: part, simulatedNs, wallMs } = message.payload
      row.state = 'running'
      row.progress = { requestsDone, requestsTotal, fraction: part, simulatedNs, wallMs }
      return
    }
    const { result, series } = message.payload
    const { requests, simulated_ns, wall_ms } = result.metrics
    row.state = 'done'
    row.progress = {
      requestsDone: requests,
      requestsTotal: requests,
      fraction: 1,
      simulatedNs: simulated_ns,
      wallMs: wall_ms,
    }
    keep({ result, series })
  }

  bridge.on('run.progress', (payload) => receive({ event: 'run.progress', payload }))
  bridge.on('run.result', (payload) => receive({ event: 'run.result', payload }))
  bridge.on('run.ended', (payload) => receive({ event: 'run.ended', payload }))
  connection.onState((state) => {
    if (state === 'closed' && active.value) end('failed')
  })

  /** Starts one run for each scenario and path; kernel loops run once. A failure to start is shown to the user. */
  async function start(scenarios: readonly string[], paths: readonly IoPath[]): Promise<void> {
    if (active.value) return
    const project = projects.snapshot()
    const runs = runsOf(project, scenarios, paths)
    for (const scenario of scenarios) fingerprints.set(scenario, fingerprintOf(project, scenario))
    rows.value = runs.map((run) => ({ ...run, state: 'waiting', progress: notStarted }))
    status.value = 'starting'
    early = []
    try {
      const answer = await ask(bridge, 'run.start', {
        project,
        token: projects.token,
        seed: project.seed,
        runs,
      })
      if (status.value !== 'starting') {
        // The project was closed while the host was starting.
        await ask(bridge, 'run.cancel', { batch: answer.batch })
        return
      }
      batch = answer.batch
      status.value = 'running'
      early.forEach(receive)
    } catch (error) {
      end('failed', failureOf(error))
    }
  }

  /** Asks the host to stop; results of runs that are done stay. */
  async function cancel(): Promise<void> {
    if (batch === null) return
    try {
      await ask(bridge, 'run.cancel', { batch })
    } catch (error) {
      await dialogs.showFailure('The run could not be cancelled', error)
    }
  }

  /** Finished runs of a scenario, in the order of RUN_PATHS. */
  function resultsOf(scenario: string): readonly KeptRun[] {
    const kept = results.get(scenario)
    return RUN_PATHS.flatMap((path) => kept?.get(path) ?? [])
  }

  /** Keeps a scenario's results when it gets a new name. */
  function renameScenario(current: string, next: string): void {
    const kept = results.get(current)
    if (kept === undefined) return
    results.delete(current)
    results.set(next, kept)
  }

  /** Forgets everything, when another project is opened. */
  async function clear(): Promise<void> {
    await cancel()
    results.clear()
    rows.value = []
    status.value = 'idle'
    batch = null
  }

  return { rows, status, active, fraction, results, start, cancel, clear, resultsOf, renameScenario }
})
