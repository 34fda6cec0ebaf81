import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test as base } from '@playwright/test'
import type { RunningServer } from '../hosts/served-lab.ts'
import { startServer } from '../hosts/served-lab.ts'
import { watchProblems } from '../page-problems.ts'
import { Lab } from '../pages/lab.ts'

interface Fixtures {
  readonly server: RunningServer
  /** The lab in a browser, at its start page. Fails the test when the page had any problem. */
  readonly lab: Lab
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright requires the pattern
  server: async ({}, use) => {
    const tempDir = await mkdtemp(join(tmpdir(), 'dmalab-e2e-'))
    const server = await startServer(tempDir)
    await use(server)
    await server.close()
    await rm(tempDir, { recursive: true, force: true })
  },
  lab: async ({ page, server }, use) => {
    const problems = watchProblems(page)
    await page.goto(server.url)
    const lab = new Lab(page)
    await expect(lab.start.root).toBeVisible()
    await use(lab)
    expect(problems).toEqual([])
  },
})
export { expect }
