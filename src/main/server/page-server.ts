import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CONTENT_SECURITY_POLICY } from '../../shared/csp.ts'
import { contentType, findPageFile } from '../static/page-files.ts'
import { isOwnHost, rawPathname, requestUrl, tokenMatches } from './access.ts'

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
} as const

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

/**
 * Answers requests for the built page: its files to whoever runs on this computer, the page itself only with the token.
 * @param port what the server listens on, known once it does
 */
export function createPageServer(options: {
  readonly rendererDir: string
  readonly token: string
  readonly port: () => number
}) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isOwnHost(request.headers.host, options.port()))
      return refuse(response, 403, 'Use the address that dmalab printed.')
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET.')
    const path = findPageFile(options.rendererDir, rawPathname(request))
    if (path === null) return refuse(response, 404, 'Not found.')
    if (
      basename(path) === 'index.html' &&
      !tokenMatches(requestUrl(request).searchParams.get('token'), options.token)
    ) {
      return refuse(response, 403, 'The token is missing or old. Use the whole address that dmalab printed.')
    }
    response.writeHead(200, { ...HEADERS, 'content-type': contentType(path) })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    await pipeline(createReadStream(path), response).catch(() => response.destroy())
  }
}
