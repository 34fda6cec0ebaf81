import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { IO_PATHS, USUAL_PATHS } from '../../shared/lab.ts'
import type { IoPath } from '../../shared/lab.ts'
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

  const canRun = computed(
    () =>
      projects.project !== null && projects.problems.length === 0 && paths.value.length > 0 && !runs.active,
  )

  async function run(): Promise<void> {
    const { project, scenario } = projects
    if (!canRun.value || project === null || scenario === undefined) return
    ui.view = 'lab'
    ui.tab = 'results'
    const scenarios = everyScenario.value ? project.scenarios.map((each) => each.name) : [scenario.name]
    await runs.start(
      scenarios,
      IO_PATHS.filter((path) => paths.value.includes(path)),
    )
  }

  return { paths, everyScenario, canRun, run }
})
