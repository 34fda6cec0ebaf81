import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { LoopName } from '../../shared/lab.ts'
import type { OpenedProject } from '../../shared/ipc/contract.ts'
import { serializeProject } from '../../shared/project/parse.ts'
import type { Project, Workload } from '../../shared/project/schema.ts'
import { ask } from '../bridge/connection.ts'
import { useConnection } from '../bridge/key.ts'
import { findScenario, machineOf, workloadOf } from '../project/edit.ts'
import { newProject } from '../project/new-project.ts'
import { problemsOfProject } from '../project/problems.ts'

/** The project in the editor. It is dirty when it would be saved as other text than it was opened from or saved to. */
export const useProject = defineStore('project', () => {
  const { bridge } = useConnection()
  const project = ref<Project | null>(null)
  const token = ref<string | null>(null)
  const fileName = ref<string | null>(null)
  const notice = ref<string | null>(null)
  const savedText = ref('')
  const scenarioName = ref('')
  /** Workloads as they were before their kind was switched, so that switching back loses nothing. */
  const otherKinds = new Map<string, Workload>()

  const text = computed(() => (project.value === null ? '' : serializeProject(project.value)))
  const dirty = computed(() => project.value !== null && text.value !== savedText.value)
  const scenario = computed(() =>
    project.value === null ? undefined : findScenario(project.value, scenarioName.value),
  )
  const machine = computed(() =>
    project.value && scenario.value ? machineOf(project.value, scenario.value) : undefined,
  )
  const workload = computed(() =>
    project.value && scenario.value ? workloadOf(project.value, scenario.value) : undefined,
  )
  const problems = computed(() => (project.value === null ? [] : problemsOfProject(project.value)))

  /** The project as plain data that no later edit changes. */
  function snapshot(): Project {
    return JSON.parse(text.value) as Project
  }

  /** Remembers a workload whose kind, or loop, is about to change. */
  function keepKind(workload: Workload): void {
    otherKinds.set(`${workload.kind} ${workload.name}`, { ...workload })
    if (workload.kind === 'loop') otherKinds.set(`${workload.loop} ${workload.name}`, { ...workload })
  }

  /** The workload of that name as it was when it last was of that kind, or that loop. */
  function keptKind(name: string, kind: Workload['kind'] | LoopName): Workload | undefined {
    return otherKinds.get(`${kind} ${name}`)
  }

  function show(opened: OpenedProject): void {
    otherKinds.clear()
    project.value = opened.project
    token.value = opened.token
    fileName.value = opened.fileName
    notice.value = opened.notice ?? null
    savedText.value = text.value
    scenarioName.value = opened.project.scenarios[0]?.name ?? ''
  }

  /** Starts an empty project. */
  function startNew(): void {
    show({ project: newProject(), token: null, fileName: null })
  }

  /** @throws FailureError when the file cannot be read or is no project; the project in the editor stays */
  async function openFile(fileToken: string): Promise<void> {
    show(await ask(bridge, 'project.open', { token: fileToken }))
  }

  /** @throws FailureError when there is no such example */
  async function openExample(id: string): Promise<void> {
    show(await ask(bridge, 'examples.open', { id }))
  }

  /**
   * Writes the project. Edits made meanwhile stay unsaved.
   * @throws FailureError `refused` when another file is there and `overwrite` is false
   */
  async function saveTo(fileToken: string, overwrite: boolean): Promise<void> {
    const written = text.value
    const saved = await ask(bridge, 'project.save', { token: fileToken, project: snapshot(), overwrite })
    token.value = saved.token
    fileName.value = saved.fileName
    savedText.value = written
  }

  return {
    project,
    token,
    fileName,
    notice,
    dirty,
    scenarioName,
    scenario,
    machine,
    workload,
    problems,
    keepKind,
    keptKind,
    snapshot,
    startNew,
    openFile,
    openExample,
    saveTo,
  }
})
