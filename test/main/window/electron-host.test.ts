import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createElectronHost } from '../../../src/main/window/electron-host.ts'
import { failureOf } from '../failure-of.ts'
import { tempFolder } from '../temp-folder.ts'

const folder = tempFolder()

function hostWith(answers: { open?: string[]; save?: string }) {
  const showOpenDialog = vi.fn(() =>
    Promise.resolve({ canceled: answers.open === undefined, filePaths: answers.open ?? [] }),
  )
  const showSaveDialog = vi.fn((_options: unknown) =>
    Promise.resolve({ canceled: answers.save === undefined, filePath: answers.save ?? '' }),
  )
  const app = { getName: () => 'DMA Lab', getVersion: () => '1.0.0', getPath: () => '/docs' }
  const parts = { app, dialog: { showOpenDialog, showSaveDialog }, window: () => null }
  return {
    host: createElectronHost(parts),
    showOpenDialog,
    showSaveDialog,
  }
}

describe('Electron host', () => {
  it('opens what the dialog names, among project files', async () => {
    const { host, showOpenDialog } = hostWith({ open: ['/a/b.dmalab'] })
    expect(await host.pickFile('open', undefined)).toEqual({
      kind: 'picked',
      path: '/a/b.dmalab',
      replaceAgreed: false,
    })
    expect(showOpenDialog).toHaveBeenCalledWith(
      expect.objectContaining({ filters: [{ name: 'DMA Lab project', extensions: ['dmalab'] }] }),
    )
  })

  it('tells a cancelled dialog', async () => {
    const { host } = hostWith({})
    expect(await host.pickFile('open', undefined)).toEqual({ kind: 'cancelled' })
    expect(await host.pickFile('save', 'x.dmalab')).toEqual({ kind: 'cancelled' })
    expect(await host.saveExport('a.png', new Uint8Array(1))).toEqual({ kind: 'cancelled' })
  })

  it('starts a save dialog with the suggested name, and adds a missing extension', async () => {
    const { host, showSaveDialog } = hostWith({ save: '/a/b' })
    expect(await host.pickFile('save', 'mine.dmalab')).toEqual({
      kind: 'picked',
      path: '/a/b.dmalab',
      replaceAgreed: false,
    })
    expect(showSaveDialog).toHaveBeenCalledWith(
      expect.objectContaining({ defaultPath: join('/docs', 'mine.dmalab') }),
    )
    expect(await hostWith({ save: '/a/b.dmalab' }).host.pickFile('save', 'b')).toMatchObject({
      replaceAgreed: true,
    })
  })

  it('writes an export where the dialog says', async () => {
    const path = join(folder, 'chart.png')
    const { host } = hostWith({ save: path })
    expect(await host.saveExport('chart.png', new Uint8Array([1, 2, 3]))).toEqual({
      kind: 'saved',
      fileName: 'chart.png',
    })
    expect([...readFileSync(path)]).toEqual([1, 2, 3])
  })

  it('names the file that an export cannot be written to', async () => {
    const path = join(folder, 'none', 'chart.png')
    expect(
      await failureOf(() => hostWith({ save: path }).host.saveExport('chart.png', new Uint8Array(1))),
    ).toMatchObject({ place: path })
  })

  it('has no use for names typed in the page', async () => {
    expect((await failureOf(() => hostWith({}).host.choosePath('a.dmalab'))).code).toBe('refused')
  })
})
