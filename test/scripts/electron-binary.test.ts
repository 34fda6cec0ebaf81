import { mkdirSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { createServer as createSilentServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { answers, electronArchiveUrl, findElectron } from '../../scripts/electron-binary.mjs'
import { tempFolder } from '../main/temp-folder.ts'

const root = tempFolder()
mkdirSync(join(root, 'node_modules/electron/dist'), { recursive: true })
writeFileSync(join(root, 'node_modules/electron/package.json'), '{ "version": "1.2.3" }')

describe('findElectron', () => {
  it('finds the downloaded executable by its platform’s name', () => {
    expect(findElectron(root, {}, 'linux')).toBeNull()
    const path = join(root, 'node_modules/electron/dist/electron')
    writeFileSync(path, '')
    expect(findElectron(root, {}, 'linux')).toBe(path)
    expect(findElectron(root, {}, 'win32')).toBeNull()
  })

  it('looks where ELECTRON_OVERRIDE_DIST_PATH says, and only there', () => {
    expect(findElectron(root, { ELECTRON_OVERRIDE_DIST_PATH: join(root, 'none') }, 'linux')).toBeNull()
  })
})

describe('electronArchiveUrl', () => {
  it('is GitHub, or the mirror', () => {
    expect(electronArchiveUrl(root, {}, 'linux', 'x64')).toBe(
      'https://github.com/electron/electron/releases/download/v1.2.3/electron-v1.2.3-linux-x64.zip',
    )
    expect(electronArchiveUrl(root, { ELECTRON_MIRROR: 'http://mirror/' }, 'darwin', 'arm64')).toBe(
      'http://mirror/v1.2.3/electron-v1.2.3-darwin-arm64.zip',
    )
  })
})

describe('answers', () => {
  const statuses = createServer((request, response) =>
    response.writeHead(Number(request.url?.slice(1)), { location: 'http://192.0.2.1/' }).end(),
  )
  const silent = createSilentServer()
  afterAll(() => void [statuses.close(), silent.close()])
  const portOf = (server: typeof silent): Promise<number> =>
    new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
    )

  it('takes success and redirection for an answer, an error for none', async () => {
    const port = await portOf(statuses)
    const seen = await Promise.all(
      ['200', '302', '404', '503'].map((status) => answers(`http://127.0.0.1:${port}/${status}`, 2000)),
    )
    expect(seen).toEqual([true, true, false, false])
  })

  it('gives up on a server that never answers, and on one that is not there', async () => {
    const port = await portOf(silent)
    const started = Date.now()
    expect(await answers(`http://127.0.0.1:${port}/`, 200)).toBe(false)
    expect(Date.now() - started).toBeLessThan(1500)
    expect(await answers('http://127.0.0.1:9/', 2000)).toBe(false)
  })
})
