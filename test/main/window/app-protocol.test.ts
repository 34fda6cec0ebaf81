import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Protocol } from 'electron'
import { describe, expect, it } from 'vitest'
import { appPathname, setupAppProtocol } from '../../../src/main/window/app-protocol.ts'
import { CONTENT_SECURITY_POLICY } from '../../../src/shared/csp.ts'
import { tempFolder } from '../temp-folder.ts'

const folder = tempFolder()
const renderer = join(folder, 'renderer')
mkdirSync(join(renderer, 'assets'), { recursive: true })
writeFileSync(join(renderer, 'index.html'), '<p>page')
writeFileSync(join(renderer, 'assets', 'a.js'), 'let a')
writeFileSync(join(folder, 'secret.txt'), 'secret')
symlinkSync(join(folder, 'secret.txt'), join(renderer, 'link.txt'))

describe('appPathname', () => {
  it.each([
    ['app://lab', '/'],
    ['app://lab/', '/'],
    ['app://lab/?a=1#b', '/'],
    ['app://lab/index.html', '/index.html'],
    ['app://lab/a/../b%20c.js?v=1', '/a/../b%20c.js'],
  ])('of %s is %s', (url, pathname) => {
    expect(appPathname(url)).toBe(pathname)
  })

  it.each(['app://other/index.html', 'app://lab.evil/index.html', 'file:///etc/passwd', ''])(
    'does not take %s',
    (url) => {
      expect(appPathname(url)).toBeNull()
    },
  )
})

describe('setupAppProtocol', () => {
  function fetchPage(url: string): Promise<Response> {
    let handler: ((request: Request) => Promise<Response>) | undefined
    const handle = (_scheme: string, given: typeof handler): void => void (handler = given)
    setupAppProtocol({ handle } as unknown as Protocol, renderer)
    return handler?.({ url } as Request) ?? Promise.reject(new Error('not registered'))
  }

  it('serves the page with its policy', async () => {
    const response = await fetchPage('app://lab/')
    expect(await response.text()).toBe('<p>page')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY)
  })

  it.each([
    'app://lab/none.js',
    'app://lab/../secret.txt',
    'app://lab/link.txt',
    'app://lab/assets',
    'app://other/',
  ])('answers 404 to %s', async (url) => {
    expect((await fetchPage(url)).status).toBe(404)
  })
})
