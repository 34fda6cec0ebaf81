import { Lab } from '../pages/lab.ts'
import { expect, test } from './fixtures.ts'

/** What a script in the page can reach. */
interface PageWindow {
  readonly dmalab: { invoke(this: void, channel: string, input: unknown): Promise<unknown> }
  open(url: string): unknown
  readonly location: { href: string }
}

test('the page gets the calls of the contract, and nothing else of the host', async ({ standIn }) => {
  const { page } = standIn
  await expect(new Lab(page).start.root).toBeVisible()
  const reached = await page.evaluate(async () => {
    const { dmalab } = globalThis as unknown as PageWindow
    const ask = dmalab.invoke
    return {
      keys: Object.keys(dmalab).sort(),
      globals: ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in globalThis),
      unknown: await ask('shell.open', {}),
      inherited: await ask('toString', {}),
      badInput: await ask('examples.open', { id: 7 }),
      ungranted: await ask('project.open', { token: '/etc/passwd' }),
    }
  })
  expect(reached).toMatchObject({
    keys: ['invoke', 'on'],
    globals: [],
    unknown: { ok: false, error: { code: 'refused', place: 'shell.open' } },
    inherited: { ok: false, error: { code: 'refused' } },
    badInput: { ok: false, error: { code: 'bad-request', place: 'examples.open.id' } },
    ungranted: { ok: false, error: { code: 'refused' } },
  })
})

test('the window is sandboxed, goes nowhere, opens nothing and reaches no network', async ({ standIn }) => {
  const { page } = standIn
  const lab = new Lab(page)
  await expect(lab.start.root).toBeVisible()
  expect(await standIn.ask('sandbox')).toBe(true)
  expect(await standIn.ask('preferences')).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
  })

  const address = page.url()
  await page.evaluate(
    () => void ((globalThis as unknown as PageWindow).location.href = 'https://example.org/'),
  )
  await page.evaluate(() => void (globalThis as unknown as PageWindow).open('https://example.org/'))
  const fetched = await page.evaluate(() =>
    fetch('https://example.org/').then(
      () => 'reached',
      () => 'stopped',
    ),
  )
  expect(fetched).toBe('stopped')
  await expect
    .poll(
      () =>
        page
          .context()
          .pages()
          .filter((each) => each.url() !== 'about:blank').length,
    )
    .toBe(1)
  expect(page.url()).toBe(address)
  await expect(lab.start.root).toBeVisible()
})
