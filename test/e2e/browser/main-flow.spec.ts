import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseCsv, pngSize } from '../file-formats.ts'
import { CHARTS } from '../pages/results-tab.ts'
import { expect, test } from './fixtures.ts'

test('from an example to a saved project with exported charts', async ({ lab, server }) => {
  await lab.start.openExample(0)
  await expect(lab.root).toBeVisible()
  await expect(lab.dirtyMarker).toBeHidden()

  await test.step('change the machine', async () => {
    await lab.useShortJob(8_000)
    await lab.setField('machine', 'cpus', '4')
    await expect(lab.dirtyMarker).toBeVisible()
  })

  await test.step('run both paths and see them go on', async () => {
    await lab.startRun()
    await expect(lab.progressRows).toHaveCount(2)
    await expect(lab.runButton).toBeEnabled({ timeout: 45_000 })
    await lab.show('results')
    await expect(lab.results.verdict).toContainText('direct')
    await expect(lab.results.verifyErrors).toBeHidden()
    await expect(lab.results.metrics).toContainText('mapped')
  })

  await test.step('see the charts drawn', async () => {
    for (const chart of CHARTS) expect(await lab.results.paintedPixels(chart), chart).toBeGreaterThan(1000)
  })

  await test.step('export them', async () => {
    for (const chart of CHARTS) {
      const png = await lab.results.download(chart, 'png')
      expect(png.name).toMatch(/\.png$/)
      const { width, height } = pngSize(png.data)
      expect(Math.min(width, height)).toBeGreaterThan(300)
      expect(png.data.length).toBeGreaterThan(5000)

      const csv = await lab.results.download(chart, 'csv')
      expect(csv.name).toMatch(/\.csv$/)
      const [header, ...rows] = parseCsv(csv.data.toString('utf8'))
      expect(rows.length).toBeGreaterThan(0)
      expect(rows.every((row) => row.length === header?.length)).toBe(true)
      expect(rows.flat().some((cell) => cell !== '' && Number.isFinite(Number(cell)))).toBe(true)
    }
  })

  await test.step('save', async () => {
    await lab.press('save-as')
    await lab.fileDialog.choose('mine')
    await expect(lab.dirtyMarker).toBeHidden()
    const saved = JSON.parse(await readFile(join(server.folder, 'mine.dmalab'), 'utf8')) as {
      machines: { cpus: number }[]
    }
    expect(saved.machines.map((machine) => machine.cpus)).toContain(4)
  })

  await test.step('reload, and find the same project again', async () => {
    await lab.page.reload()
    await lab.start.pressOpen()
    await expect(lab.fileDialog.entries).toContainText(['mine.dmalab'])
    await lab.fileDialog.choose('mine')
    await lab.show('machine')
    await expect(lab.field('cpus')).toHaveValue('4')
    await expect(lab.dirtyMarker).toBeHidden()
  })
})

test('a run can be cancelled', async ({ lab }) => {
  await lab.start.openExample(0)
  await lab.useShortJob(50_000_000)
  await lab.startRun()
  await lab.cancelButton.click()
  await expect(lab.runButton).toBeEnabled({ timeout: 3000 })
  await expect(lab.progress).toContainText('Cancelled')
})

test('a file that others changed is not replaced without asking', async ({ lab, server }) => {
  const path = join(server.folder, 'shared.dmalab')
  await lab.start.openExample(0)
  await lab.setField('machine', 'cpus', '5')
  await expect(lab.dirtyMarker).toBeVisible()
  await lab.press('save-as')
  await lab.fileDialog.choose('shared')
  await expect(lab.dirtyMarker).toBeHidden()

  await writeFile(path, 'theirs')
  await lab.setField('machine', 'cpus', '3')
  await lab.press('save')
  await lab.replaceCancel.click()
  expect(await readFile(path, 'utf8')).toBe('theirs')
  await lab.press('save')
  await lab.replaceConfirm.click()
  await expect(lab.dirtyMarker).toBeHidden()
  expect(await readFile(path, 'utf8')).toContain('"dmalab.project"')
  expect(await readFile(`${path}.bak`, 'utf8')).toBe('theirs')
})
