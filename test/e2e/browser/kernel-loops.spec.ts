import { CHARTS } from '../pages/results-tab.ts'
import { expect, test } from './fixtures.ts'

test('an experiment that is a kernel loop: open V1, change it, run it', async ({ lab }) => {
  await lab.start.openExperiment('V1')
  await expect(lab.root).toBeVisible()
  await expect(lab.loopMachine).toContainText('one processor')
  await expect(lab.noPaths).toBeVisible()
  await lab.show('workload')
  await expect(lab.loopSelect).toHaveValue('memory-disk')
  await expect(lab.field('pages')).toHaveValue('32768')

  await test.step('a value out of range does not run', async () => {
    await lab.setField('workload', 'pages', '0')
    await expect(lab.problems).toContainText('from 1 to 262,144')
    await expect(lab.runButton).toBeDisabled()
    await lab.setField('workload', 'pages', '4096')
    await expect(lab.problems).toBeHidden()
  })

  await test.step('nor does a machine that does not suit it', async () => {
    await lab.setField('machine', 'cpus', '2')
    await expect(lab.problems).toContainText('Processors: is 2, but the loop memory-disk has 1. Set it to 1.')
    await expect(lab.runButton).toBeDisabled()
    await lab.setField('machine', 'cpus', '1')
    await expect(lab.problems).toBeHidden()
  })

  await test.step('it runs once, without a path', async () => {
    await lab.runButton.click()
    await expect(lab.results.verdict).toContainText('The loop moves 530 MB/s')
    await expect(lab.results.verifyErrors).toBeHidden()
    for (const chart of CHARTS) await expect(lab.results.chart(chart)).toHaveAttribute('data-state', 'drawn')
    await expect(lab.results.metrics).toContainText('256')
  })

  await test.step('another scenario of it has its own result', async () => {
    await lab.chooseScenario(1)
    await lab.runButton.click()
    await expect(lab.results.verdict).toContainText('The loop moves 311 MB/s')
  })
})
