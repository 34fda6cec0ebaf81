import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseCsv, pngSize } from '../file-formats.ts'
import { CHARTS } from '../pages/results-tab.ts'
import { expect, test } from './fixtures.ts'

test('from an example to a saved project with an exported chart, by native dialogs', async ({
  lab,
  desktop,
  tempDir,
}) => {
  await lab.start.openExample(0)
  await lab.useShortJob(8_000)

  await lab.startRun()
  await expect(lab.runButton).toBeEnabled({ timeout: 45_000 })
  await lab.show('results')
  await expect(lab.results.verdict).toContainText('direct')
  for (const chart of CHARTS) expect(await lab.results.paintedPixels(chart), chart).toBeGreaterThan(1000)

  const png = join(tempDir, 'cpu.png')
  await desktop.answerDialog(png)
  await lab.results.pressExport('cpu', 'png')
  await expect(async () => expect(pngSize(await readFile(png)).width).toBeGreaterThan(300)).toPass()

  const csv = join(tempDir, 'latency.csv')
  await desktop.answerDialog(csv)
  await lab.results.pressExport('latency', 'csv')
  await expect(async () => expect(parseCsv(await readFile(csv, 'utf8')).length).toBeGreaterThan(1)).toPass()

  await expect(lab.dirtyMarker).toBeVisible()
  await desktop.answerDialog(join(tempDir, 'mine'))
  await desktop.chooseMenu('file.save')
  await expect(lab.dirtyMarker).toBeHidden()
  const saved = JSON.parse(await readFile(join(tempDir, 'mine.dmalab'), 'utf8')) as {
    workloads: { requests?: number }[]
  }
  expect(saved.workloads.map((workload) => workload.requests)).toContain(8000)
})

test('a saved project opens from the native dialog', async ({ lab, desktop, tempDir }) => {
  await lab.start.openExample(0)
  await lab.setField('machine', 'cpus', '5')
  await desktop.answerDialog(join(tempDir, 'five.dmalab'))
  await lab.press('save-as')
  await expect(lab.dirtyMarker).toBeHidden()
  await lab.setField('machine', 'cpus', '6')
  await desktop.answerDialog(join(tempDir, 'six.dmalab'))
  await desktop.chooseMenu('file.saveAs')
  await expect(lab.dirtyMarker).toBeHidden()

  await desktop.answerDialog(join(tempDir, 'five.dmalab'))
  await desktop.chooseMenu('file.open')
  await expect(lab.field('cpus')).toHaveValue('5')
})
