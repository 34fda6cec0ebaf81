import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PACKAGE_ROOT } from '../../src/main/package-root.ts'
import { CONTENT_SECURITY_POLICY } from '../../src/shared/csp.ts'

describe('content security policy', () => {
  it('is the same in the page and in the header', () => {
    const page = readFileSync(join(PACKAGE_ROOT, 'src', 'renderer', 'index.html'), 'utf8')
    const meta = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)?.[1]
    expect(meta).toBe(CONTENT_SECURITY_POLICY)
  })

  it('allows nothing inline, nothing evaluated and no foreign origin', () => {
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|https?:|(^|\s)\*($|\s|;)/)
  })
})
