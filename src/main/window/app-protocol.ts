import { readFile } from 'node:fs/promises'
import type { Protocol } from 'electron'
import { CONTENT_SECURITY_POLICY } from '../../shared/csp.ts'
import { contentType, findPageFile } from '../static/page-files.ts'

/** Must be called before the app is ready. `standard` gives the page an origin of its own. */
export function registerAppScheme(protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

/** The path that an `app:` address names, as it was written; null for another scheme, or another host than `lab`. */
export function appPathname(url: string): string | null {
  // Cut out by hand: the URL parser would resolve `..` before it could be refused.
  const match = /^app:\/\/lab(\/[^?#]*)?(?:[?#].*)?$/i.exec(url)
  return match === null ? null : (match[1] ?? '/')
}

async function serve(rendererDir: string, url: string): Promise<Response> {
  const pathname = appPathname(url)
  const path = pathname === null ? null : findPageFile(rendererDir, pathname)
  if (path === null) return new Response('Not found', { status: 404 })
  return new Response(new Uint8Array(await readFile(path)), {
    headers: {
      'content-type': contentType(path),
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
    },
  })
}

/** Serves the built page, and nothing else of this computer, as app://lab/. */
export function setupAppProtocol(protocol: Pick<Protocol, 'handle'>, rendererDir: string): void {
  protocol.handle('app', (request) => serve(rendererDir, request.url))
}
