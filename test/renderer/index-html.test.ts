import { expect, it } from 'vitest'
import html from '../../src/renderer/index.html?raw'
import { CONTENT_SECURITY_POLICY } from '../../src/shared/csp.ts'

it('carries the policy that the hosts send', () => {
  expect(/Content-Security-Policy"\s+content="([^"]+)"/.exec(html)?.[1]).toBe(CONTENT_SECURITY_POLICY)
})
