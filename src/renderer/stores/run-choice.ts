import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { IO_PATHS, USUAL_PATHS } from '../../shared/lab.ts'
import type { IoPath } from '../../shared/lab.ts'
import { workloadOf } from '../project/edit.ts'
import { useProject } from './project.ts'
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
  const canRun = computed(
    () => projects.project !== null && projects.problems.length === 0 && !lacksPath.value && !runs.active,
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

  return { paths, everyScenario, takesPaths, lacksPath, canRun, run }
})
