import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './fixtures.ts'

const CASES = [
  {
    name: 'cut-short',
    content: '{\n  "format": "dmalab.project",\n  "version": 1,\n',
    place: 'cut-short.dmalab, line 4',
  },
  { name: 'newer', content: '{ "format": "dmalab.project", "version": 99 }', place: 'newer.dmalab, version' },
  {
    name: 'out-of-range',
    content: JSON.stringify({
      format: 'dmalab.project',
      version: 1,
      title: 'Bad',
      machines: [{ name: 'pc', cpus: 1000 }],
      workloads: [{ kind: 'job', name: 'job' }],
      scenarios: [{ name: 'base', machine: 'pc', workload: 'job' }],
    }),
    place: 'out-of-range.dmalab, machines[0].cpus',
  },
]

for (const { name, content, place } of CASES) {
  test(`a project file that is ${name} is named with its place, and nothing is lost`, async ({
    lab,
    server,
  }) => {
    await writeFile(join(server.folder, `${name}.dmalab`), content)
    await lab.start.openExample(0)
    const cpus = await lab.field('cpus').inputValue()

    await lab.press('open')
    await lab.fileDialog.choose(name)
    await expect(lab.errorDialog.place).toContainText(place)
    await expect(lab.errorDialog.message).not.toBeEmpty()
    await expect(lab.errorDialog.remedy).not.toBeEmpty()
    await lab.errorDialog.close()
    await expect(lab.field('cpus')).toHaveValue(cpus)
  })
}

test('a bad file name is refused with a reason', async ({ lab }) => {
  await lab.start.pressOpen()
  await lab.fileDialog.choose('../secret')
  await expect(lab.errorDialog.message).toContainText('is not a file name')
})
