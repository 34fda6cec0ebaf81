import { flushPromises, mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, expect, it } from 'vitest'
import App from '../../../src/renderer/App.vue'
import { connectionKey } from '../../../src/renderer/bridge/key.ts'
import { newProject } from '../../../src/renderer/project/new-project.ts'
import { BUILTIN_COSTS } from '../../../src/shared/profiles/builtin-costs.ts'
import type { Project } from '../../../src/shared/project/schema.ts'
import { COST_NAMES } from '../../../src/sim/machine/costs.ts'
import { failWith, fakeHost } from '../fake-bridge.ts'
import type { FakeHost, Replies } from '../fake-bridge.ts'

let app: Pick<VueWrapper, 'unmount'>
afterEach(() => app.unmount())

const inBody = (id: string): HTMLElement | null => document.body.querySelector(`[data-testid="${id}"]`)

async function click(id: string): Promise<void> {
  inBody(id)!.click()
  await flushPromises()
}

/** Opens a project in the lab and asks for the costs of its machine. */
async function ask(project: Project, replies: Replies = {}): Promise<FakeHost> {
  const host = fakeHost({
    'recent.list': () => [{ token: 't1', fileName: 'my.dmalab', folder: '/lab' }],
    'project.open': ({ token }) => ({ project, token, fileName: 'my.dmalab' }),
    'costs.open': () => BUILTIN_COSTS.get('p3smp')!,
    'export.save': () => ({ kind: 'saved', fileName: 'my-p3smp.json' }),
    ...replies,
  })
  app = mount(App, {
    attachTo: document.body,
    global: { plugins: [createPinia()], provide: { [connectionKey as symbol]: host.connection } },
  })
  await flushPromises()
  await click('recent')
  await click('show-costs')
  return host
}

function projectWith(costs: string, set: Record<string, string> = {}): Project {
  const project = newProject()
  project.machines[0]!.costs = costs
  project.scenarios[0]!.set = set
  return project
}

it('lists every cost with its value, mark, year and source', async () => {
  const host = await ask(projectWith('costs/mine.json'))
  expect(host.inputsOf('costs.open')).toEqual([{ costs: 'costs/mine.json', token: 't1' }])
  expect(inBody('costs-dialog')!.textContent).toContain('Costs: p3smp')
  for (const name of COST_NAMES) expect(inBody(`cost-${name}`)).not.toBeNull()
  const cells = [...inBody('cost-shootdownBase')!.children].map((cell) => cell.textContent.trim())
  expect(cells.slice(0, 5)).toEqual([
    'TLB shootdown: send and wait shootdownBase',
    '3.7 us',
    '3,700 ns',
    'derived set by V2',
    '2004',
  ])
  expect(cells[5]).toMatch(/Dillon.*DELL-2550/)
  await click('costs-close')
  expect(inBody('costs-dialog')).toBeNull()
})

it('asks for the profile that the scenario sets, if it sets one', async () => {
  const host = await ask(projectWith('x86new', { 'machine.costs': 'p4up' }))
  expect(host.inputsOf('costs.open')).toEqual([{ costs: 'p4up', token: 't1' }])
})

it('saves a copy that the lab reads again', async () => {
  const host = await ask(projectWith('p3smp'))
  await click('costs-save')
  const saved = host.inputsOf('export.save')[0] as { suggestedName: string; data: Uint8Array }
  expect(saved.suggestedName).toBe('my-p3smp.json')
  expect(JSON.parse(new TextDecoder().decode(saved.data))).toEqual(BUILTIN_COSTS.get('p3smp'))
})

it('says what is wrong with a profile that cannot be read', async () => {
  await ask(projectWith('mine.json'), {
    'costs.open': failWith({ code: 'bad-project', place: 'mine.json, costs.syscall', message: 'is missing' }),
  })
  expect(inBody('costs-dialog')).toBeNull()
  expect(inBody('error-dialog')!.textContent).toContain('The cost profile cannot be shown')
  expect(inBody('error-place')!.textContent).toBe('mine.json, costs.syscall')
})
