import { flushPromises, mount } from '@vue/test-utils'
import type { DOMWrapper, VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import App from '../../../src/renderer/App.vue'
import { connectionKey } from '../../../src/renderer/bridge/key.ts'
import { asLoop } from '../../../src/renderer/project/edit.ts'
import { newProject } from '../../../src/renderer/project/new-project.ts'
import { IO_PATHS } from '../../../src/shared/lab.ts'
import { failWith, fakeHost } from '../fake-bridge.ts'
import type { FakeHost, Replies } from '../fake-bridge.ts'
import { direct, finished, mapped } from '../samples.ts'

interface DrawnConfig {
  readonly plugins?: readonly { readonly id: string; readonly afterRender?: () => void }[]
}

vi.mock('../../../src/renderer/charts/library.ts', () => ({
  Chart: class {
    constructor(_: unknown, config: DrawnConfig) {
      config.plugins?.find((plugin) => plugin.id === 'tell-drawn')?.afterRender?.()
    }
    destroy = (): void => undefined
  },
}))

let app: Pick<VueWrapper, 'find' | 'text' | 'unmount'>

const byId = (id: string): DOMWrapper<Element> => app.find(`[data-testid="${id}"]`)
const inBody = (id: string): HTMLElement | null => document.body.querySelector(`[data-testid="${id}"]`)

async function open(replies: Replies = {}): Promise<FakeHost> {
  const host = fakeHost({
    'examples.list': () => [
      {
        id: 'storm',
        group: 'example',
        title: 'Shootdown storm',
        question: 'How many?',
        scenarios: ['8 CPUs'],
      },
      { id: 'validation/V9', group: 'validation', title: 'V9', question: 'How much?', scenarios: ['a', 'b'] },
    ],
    'examples.open': () => ({ project: newProject(), token: null, fileName: null }),
    'run.start': () => ({ batch: 'b1' }),
    'run.cancel': () => ({ cancelled: true }),
    'traces.list': () => [{ file: 'builtin:web', description: 'A web server.' }],
    ...replies,
  })
  app = mount(App, {
    attachTo: document.body,
    global: { plugins: [createPinia()], provide: { [connectionKey as symbol]: host.connection } },
  })
  await flushPromises()
  return host
}

async function openExample(replies: Replies = {}): Promise<FakeHost> {
  const host = await open(replies)
  await byId('example-storm').trigger('click')
  await flushPromises()
  return host
}

async function showTab(name: string): Promise<void> {
  await byId(`tab-${name}`).trigger('mousedown', { button: 0 })
  await flushPromises()
}

async function runBoth(host: FakeHost): Promise<void> {
  await byId('run-button').trigger('click')
  await flushPromises()
  host.tell('run.result', { batch: 'b1', index: 0, ...finished(mapped()) })
  host.tell('run.result', { batch: 'b1', index: 1, ...finished(direct()) })
  host.tell('run.ended', { batch: 'b1', status: 'done' })
  await flushPromises()
}

beforeEach(() => localStorage.clear())
afterEach(() => app.unmount())

describe('start page', () => {
  it('shows the examples, and opens one in the lab', async () => {
    const host = await openExample()
    expect(byId('lab').exists()).toBe(true)
    expect(byId('start-page').exists()).toBe(false)
    expect(host.inputsOf('examples.open')).toEqual([{ id: 'storm' }])
  })

  it('shows experiments of the validation apart from the examples', async () => {
    const host = await open()
    expect(byId('group-example').text()).toContain('Shootdown storm')
    expect(byId('group-example').text()).not.toContain('V9')
    expect(byId('group-validation').text()).toContain('V9')
    await byId('example-validation/V9').trigger('click')
    await flushPromises()
    expect(host.inputsOf('examples.open')).toEqual([{ id: 'validation/V9' }])
  })

  it('says so when the host cannot list its examples', async () => {
    await open({ 'examples.list': failWith({ code: 'io-error', message: 'no resources folder' }) })
    expect(app.find('[role="alert"]').text()).toBe('no resources folder')
  })
})

describe('machine form', () => {
  it('writes a valid value into the project and marks it unsaved', async () => {
    await openExample()
    expect(byId('dirty-marker').exists()).toBe(false)
    await byId('field-cpus').setValue('8')
    expect(byId('dirty-marker').exists()).toBe(true)
    await byId('reset-cpus').trigger('click')
    expect((byId('field-cpus').element as HTMLInputElement).value).toBe('2')
    expect(byId('dirty-marker').exists()).toBe(false)
  })

  it('names an invalid field and does not run', async () => {
    const host = await openExample()
    await byId('field-cpus').setValue('4k')
    expect(byId('problem-cpus').text()).toBe('Processors must be a whole number from 1 to 64')
    expect(byId('problems').text()).toContain('Machine "machine", Processors')
    expect(byId('field-cpus').attributes('aria-invalid')).toBe('true')
    await byId('run-button').trigger('click')
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true }))
    await flushPromises()
    expect(host.inputsOf('run.start')).toEqual([])
  })
})

describe('workload form', () => {
  it('switches between a job and a trace without losing either', async () => {
    await openExample()
    await showTab('workload')
    await byId('field-requests').setValue('77')
    await byId('kind-trace').trigger('change')
    await flushPromises()
    expect((byId('field-file').element as HTMLInputElement).value).toBe('builtin:web')
    await byId('kind-job').trigger('change')
    await flushPromises()
    expect((byId('field-requests').element as HTMLInputElement).value).toBe('77')
  })
})

describe('a kernel loop', () => {
  const valueOf = (id: string): string => (byId(id).element as HTMLInputElement).value

  it('is a kind of workload whose form shows the fields of its loop', async () => {
    await openExample()
    await showTab('workload')
    await byId('kind-loop').trigger('change')
    await flushPromises()
    expect(valueOf('loop-select')).toBe('pipe-pages')
    await byId('field-lists').setValue('77')
    await byId('loop-select').setValue('iommu-map')
    await flushPromises()
    expect(byId('field-lists').exists()).toBe(false)
    await byId('field-requestNs').setValue('199.6')
    expect(byId('problems').exists()).toBe(false)
    await byId('field-requestNs').setValue('-1')
    expect(byId('problem-requestNs').text()).toBe('Request must be a number from 0 to 1,000,000,000')
    expect(byId('problems').text()).toContain('Workload "workload", Request')
  })

  it('keeps what was typed while another loop or kind is shown', async () => {
    await openExample()
    await showTab('workload')
    await byId('field-requests').setValue('88')
    await byId('kind-loop').trigger('change')
    await byId('field-lists').setValue('77')
    await byId('loop-select').setValue('vmap')
    await byId('field-threads').setValue('3')
    await byId('loop-select').setValue('pipe-pages')
    expect(valueOf('field-lists')).toBe('77')
    await byId('kind-job').trigger('change')
    expect(valueOf('field-requests')).toBe('88')
    await byId('kind-loop').trigger('change')
    expect([valueOf('loop-select'), valueOf('field-lists')]).toEqual(['pipe-pages', '77'])
    await byId('loop-select').setValue('vmap')
    expect(valueOf('field-threads')).toBe('3')
  })

  it('has no paths to choose, runs once, and shows its result alone', async () => {
    const host = await openExample()
    for (const path of ['mapped', 'direct']) await byId(`path-${path}`).setValue(false)
    await showTab('workload')
    await byId('kind-loop').trigger('change')
    await flushPromises()
    expect(byId('no-paths').text()).toContain('no I/O path')
    expect(byId('path-mapped').exists()).toBe(false)
    await showTab('machine')
    expect(byId('loop-machine').text()).toContain('2 to 32 processors')
    await byId('run-button').trigger('click')
    await flushPromises()
    const [request] = host.inputsOf('run.start') as [{ runs: unknown[] }]
    expect(request.runs).toEqual([{ scenario: 'scenario', path: 'loop' }])
    const { result, series } = finished(mapped())
    host.tell('run.result', { batch: 'b1', index: 0, result: { ...result, path: 'loop' }, series })
    host.tell('run.ended', { batch: 'b1', status: 'done' })
    await flushPromises()
    expect(byId('verdict').text()).toMatch(/^The loop moves 400 MB\/s.* IPIs\.$/)
    expect(byId('chart-cpu').attributes('data-state')).toBe('drawn')
  })

  it('runs beside other scenarios, which have their paths', async () => {
    const project = newProject()
    project.workloads.push(asLoop({ ...project.workloads[0]!, name: 'kernel' }, 'vmap'))
    project.scenarios.push({ name: 'loop', machine: 'machine', workload: 'kernel' })
    const host = await openExample({ 'examples.open': () => ({ project, token: null, fileName: null }) })
    expect(byId('no-paths').exists()).toBe(false)
    await byId('all-scenarios').setValue(true)
    await byId('run-button').trigger('click')
    await flushPromises()
    const [request] = host.inputsOf('run.start') as [{ runs: { scenario: string; path: string }[] }]
    expect(request.runs.map(({ scenario, path }) => `${scenario} ${path}`)).toEqual([
      'scenario mapped',
      'scenario direct',
      'loop loop',
    ])
  })
})

describe('scenarios', () => {
  it('shows overrides as chips that can be removed', async () => {
    const project = newProject()
    project.scenarios[0]!.set = { 'machine.cpus': 8 }
    await openExample({ 'examples.open': () => ({ project, token: null, fileName: null }) })
    expect(byId('override-machine.cpus').text()).toContain('machine.cpus = 8')
    expect(app.text()).toContain('This scenario sets it to 8.')
    await byId('override-machine.cpus').find('button').trigger('click')
    expect(byId('override-machine.cpus').exists()).toBe(false)
  })

  it('selects a scenario that was added', async () => {
    await openExample()
    await byId('scenario-add').trigger('click')
    expect((byId('scenario-select').element as HTMLSelectElement).value).toBe('scenario 2')
    await byId('scenario-remove').trigger('click')
    expect((byId('scenario-select').element as HTMLSelectElement).value).toBe('scenario')
  })
})

describe('paths', () => {
  const isChecked = (path: string): boolean => (byId(`path-${path}`).element as HTMLInputElement).checked

  it('are the usual two unless others are chosen, and run in their own order', async () => {
    const host = await openExample()
    expect(IO_PATHS.filter(isChecked)).toEqual(['mapped', 'direct'])
    await byId('path-copy').setValue(true)
    await byId('path-embedded').setValue(true)
    await byId('path-direct').setValue(false)
    await byId('run-button').trigger('click')
    const [request] = host.inputsOf('run.start') as [{ runs: { path: string }[] }]
    expect(request.runs.map((run) => run.path)).toEqual(['mapped', 'embedded', 'copy'])
  })

  it('must be one at least', async () => {
    await openExample()
    for (const path of ['mapped', 'direct']) await byId(`path-${path}`).setValue(false)
    expect(byId('run-button').attributes('disabled')).toBeDefined()
    expect(byId('run-button').attributes('title')).toBe('Choose a path first.')
  })
})

describe('results', () => {
  it('shows verdict, charts and metrics of both paths', async () => {
    const host = await openExample()
    await runBoth(host)
    expect(byId('verdict').text()).toContain('direct sends 0 IPIs where mapped sends 812,000')
    for (const chart of ['throughput', 'latency', 'cpu', 'shootdowns']) {
      expect(byId(`chart-${chart}`).attributes('data-state')).toBe('drawn')
      expect(byId(`chart-${chart}`).find('canvas').attributes('aria-label')).toMatch(/\.$/)
    }
    expect(byId('metric-ipis').text()).toMatch(/812,000.*▼ −100%.*better/)
    expect(byId('metric-requests').exists()).toBe(true)
    await byId('only-differing').setValue(true)
    expect(byId('metric-requests').exists()).toBe(false)
    expect(byId('metric-ipis').exists()).toBe(true)
  })

  it('says when the settings have changed since, and when they are back', async () => {
    const host = await openExample()
    await runBoth(host)
    expect(byId('stale-badge').exists()).toBe(false)
    await showTab('project')
    await byId('field-notes').setValue('a note changes no result')
    await byId('field-seed').setValue('2')
    await showTab('results')
    expect(byId('stale-badge').text()).toBe('results are from older settings')
    await showTab('project')
    await byId('field-seed').setValue('1')
    await showTab('results')
    expect(byId('stale-badge').exists()).toBe(false)
  })

  it('stay when the scenario gets another name', async () => {
    const host = await openExample()
    await runBoth(host)
    await showTab('project')
    await byId('scenario-name').setValue('renamed')
    await byId('scenario-name').trigger('change')
    await showTab('results')
    expect((byId('scenario-select').element as HTMLSelectElement).value).toBe('renamed')
    expect(byId('verdict').exists()).toBe(true)
    expect(byId('stale-badge').exists()).toBe(false)
  })

  it('warns of verification errors', async () => {
    const host = await openExample()
    await byId('run-button').trigger('click')
    await flushPromises()
    host.tell('run.result', { batch: 'b1', index: 0, ...finished(mapped({ verify_errors: 12 })) })
    await flushPromises()
    expect(byId('verify-errors').text()).toContain('mapped: 12 sectors')
  })

  it('exports all metrics through the host', async () => {
    const host = await openExample({ 'export.save': () => ({ kind: 'saved', fileName: 'x' }) })
    await runBoth(host)
    await byId('export-all').trigger('click')
    await flushPromises()
    const [input] = host.inputsOf('export.save') as [{ suggestedName: string; data: Uint8Array }]
    expect(input.suggestedName).toBe('Untitled-scenario-metrics.csv')
    expect(new TextDecoder().decode(input.data)).toContain('\nipis,IPIs,interrupts,812000,0,-100\n')
  })
})

describe('running', () => {
  it('shows progress, and can be cancelled', async () => {
    const host = await openExample()
    await byId('run-button').trigger('click')
    await flushPromises()
    const progress = {
      requestsDone: 5000,
      requestsTotal: 10_000,
      fraction: 0.5,
      simulatedNs: 1e6,
      wallMs: 100,
    }
    host.tell('run.progress', { batch: 'b1', index: 0, scenario: 'scenario', path: 'mapped', ...progress })
    await flushPromises()
    expect(byId('progress').text()).toMatch(
      /Running: 0 of 2 runs done.*25%.*mapped.*50%.*5,000 of 10,000 requests/s,
    )
    await byId('cancel-button').trigger('click')
    host.tell('run.ended', { batch: 'b1', status: 'cancelled' })
    await flushPromises()
    expect(byId('progress').text()).toContain('Cancelled')
    expect(byId('run-button').exists()).toBe(true)
  })
})

describe('host', () => {
  it('obeys the native menu', async () => {
    const host = await open()
    host.tell('menu.command', { command: 'file.new' })
    await flushPromises()
    expect(byId('lab').exists()).toBe(true)
    host.tell('menu.command', { command: 'unknown' })
    host.tell('menu.command', { command: 'run.start' })
    await flushPromises()
    expect(host.inputsOf('run.start')).toHaveLength(1)
  })

  it('shows failures with place and remedy, until they are closed', async () => {
    await openExample({
      'files.pick': failWith({
        code: 'io-error',
        message: 'cannot be read',
        place: '/lab',
        remedy: 'Mend it.',
      }),
    })
    await byId('open').trigger('click')
    await flushPromises()
    expect(inBody('error-dialog')?.textContent).toMatch(/\/lab.*cannot be read.*Mend it\./s)
    inBody('error-close')?.click()
    await flushPromises()
    expect(inBody('error-dialog')).toBeNull()
  })

  it('keeps the window from closing while changes are unsaved', async () => {
    await openExample()
    const close = (): boolean => {
      const event = new Event('beforeunload', { cancelable: true })
      window.dispatchEvent(event)
      return event.defaultPrevented
    }
    expect(close()).toBe(false)
    await byId('field-cpus').setValue('8')
    expect(close()).toBe(true)
  })
})

describe('theme', () => {
  it('goes round and is remembered', async () => {
    await open()
    await byId('theme-toggle').trigger('click')
    await byId('theme-toggle').trigger('click')
    expect(document.documentElement.dataset.theme).toBe('dark')
    app.unmount()
    await open()
    expect(byId('theme-toggle').attributes('aria-label')).toBe('Theme: Dark')
  })
})
