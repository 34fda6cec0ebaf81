import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { IO_PATHS, USUAL_PATHS } from '../../shared/lab.ts'
import type { IoPath } from '../../shared/lab.ts'
import { useConnection } from '../bridge/key.ts'
import { workloadOf } from '../project/edit.ts'
import { problemOfFailure } from '../project/problems.ts'
import { runsOf } from '../project/runs-of.ts'
import { useProject } from './project.ts'
import { watchRuns } from './run-check.ts'
import { useRuns } from './runs.ts'
import { useUi } from './ui.ts'

/** What the Run button runs: which paths, and the scenario shown or all of them. */
export const useRunChoice = defineStore('run-choice', () => {
  const projects = useProject()
  const runs = useRuns()
  const ui = useUi()
  const paths = ref<IoPath[]>([...USUAL_PATHS])
  const everyScenario = ref(false)

  /** Scenarios that the button runs. */
  const scenarios = computed(() => {
    const { project, scenario } = projects
    if (project === null || scenario === undefined) return []
    return everyScenario.value ? project.scenarios : [scenario]
  })
  /** Kernel loops take no path. */
  const takesPaths = computed(() => {
    const { project } = projects
    return project === null || scenarios.value.some((each) => workloadOf(project, each)?.kind !== 'loop')
  })
  const lacksPath = computed(() => takesPaths.value && paths.value.length === 0)
  /** What is asked of the host before it can be run. */
  const asked = computed(() => {
    if (projects.project === null || projects.problems.length > 0 || lacksPath.value) return null
    const project = projects.snapshot()
    const names = scenarios.value.map((each) => each.name)
    return names.length === 0 ? null : { project, runs: runsOf(project, names, paths.value) }
  })
  const failures = watchRuns(useConnection().bridge, asked)
  /** What keeps the project, or the runs that were chosen, from running. */
  const problems = computed(() => {
    const { project } = projects
    if (project === null) return []
    return [...projects.problems, ...failures.value.map((failure) => problemOfFailure(project, failure))]
  })
  const canRun = computed(
    () => projects.project !== null && problems.value.length === 0 && !lacksPath.value && !runs.active,
  )

  async function run(): Promise<void> {
    if (!canRun.value || scenarios.value.length === 0) return
    ui.view = 'lab'
    ui.tab = 'results'
    await runs.start(
      scenarios.value.map((each) => each.name),
      IO_PATHS.filter((path) => paths.value.includes(path)),
    )
  }

  return { paths, everyScenario, takesPaths, lacksPath, problems, canRun, run }
})
