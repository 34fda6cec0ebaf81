import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test as base } from '@playwright/test'
import type { DesktopLab } from '../hosts/desktop-lab.ts'
import { startElectron, usableElectron } from '../hosts/electron-lab.ts'
import type { StandInLab } from '../hosts/stand-in-lab.ts'
import { startStandIn } from '../hosts/stand-in-lab.ts'
import { watchProblems } from '../page-problems.ts'
import { Lab } from '../pages/lab.ts'
import { findChromium } from '../../../scripts/find-chromium.mjs'

let saidSo = false

function sayOnce(text: string): void {
  if (!saidSo) console.log(text)
  saidSo = true
}

interface Fixtures {
  readonly tempDir: string
  /** Electron where it can run, else the stand-in. */
  readonly desktop: DesktopLab
  readonly standIn: StandInLab
  readonly lab: Lab
}

async function newStandIn(tempDir: string): Promise<StandInLab> {
  const chromium = await findChromium()
  if (chromium === null) throw new Error('no Chromium; see scripts/find-chromium.mjs')
  return await startStandIn(tempDir, chromium)
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright requires the pattern
  tempDir: async ({}, use) => {
    const tempDir = await mkdtemp(join(tmpdir(), 'dmalab-e2e-'))
    await use(tempDir)
    await rm(tempDir, { recursive: true, force: true, maxRetries: 5 })
  },
  desktop: async ({ tempDir }, use) => {
    const electron = usableElectron()
    if (electron === null)
      sayOnce('Electron itself cannot run here: its main process and preload script run on the stand-in.')
    const desktop = electron === null ? await newStandIn(tempDir) : await startElectron(tempDir, electron)
    await use(desktop)
    await desktop.close()
  },
  standIn: async ({ tempDir }, use) => {
    const standIn = await newStandIn(tempDir)
    await use(standIn)
    await standIn.close()
  },
  lab: async ({ desktop }, use) => {
    const problems = watchProblems(desktop.page)
    const lab = new Lab(desktop.page)
    await expect(lab.start.root).toBeVisible()
    await use(lab)
    expect(problems).toEqual([])
  },
})
export { expect }
