import { join } from 'node:path'
import { expect, test } from './browser/fixtures.ts'
import { ROOT } from './hosts/root.ts'
import { CHARTS } from './pages/results-tab.ts'

/** Pictures for the documentation: npx playwright test --project screenshots */

for (const theme of ['light', 'dark'] as const) {
  test(`screenshots, ${theme} @screenshots`, async ({ lab }) => {
    test.setTimeout(180_000)
    const shoot = (name: string): Promise<unknown> =>
      lab.page.screenshot({
        path: join(ROOT, 'docs/images', `${name}-${theme}.png`),
        animations: 'disabled',
      })

    await lab.useTheme(theme)
    await shoot('start')
    await lab.start.openExample(0)
    await expect(lab.root).toBeVisible()
    await shoot('machine')
    await lab.show('workload')
    await shoot('workload')
    await lab.show('project')
    await shoot('project')
    await lab.startRun()
    await expect(lab.progress).toContainText(/[1-9]\d?%/)
    await shoot('running')
    await expect(lab.runButton).toBeEnabled({ timeout: 120_000 })
    await lab.show('results')
    for (const chart of CHARTS) await expect(lab.results.chart(chart)).toHaveAttribute('data-state', 'drawn')
    await lab.page.setViewportSize({ width: 1280, height: 960 })
    await shoot('results')
    await lab.page.setViewportSize({ width: 1280, height: 2600 })
    await shoot('metrics')
  })
}
