import type { Page } from '@playwright/test'

/** Collects whatever a healthy page never does: console errors, uncaught errors, policy violations, failed requests. */
export function watchProblems(page: Page): string[] {
  const problems: string[] = []
  page.on('console', (message) => {
    const text = message.text()
    if (message.type() === 'error' || /Content Security Policy|Trusted Type/i.test(text))
      problems.push(`console: ${text}`)
  })
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`))
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`)
  })
  return problems
}
