import type { Locator, Page } from '@playwright/test'

export class ErrorDialog {
  readonly root: Locator
  readonly place: Locator
  readonly message: Locator
  readonly remedy: Locator

  constructor(page: Page) {
    this.root = page.getByTestId('error-dialog')
    this.place = page.getByTestId('error-place')
    this.message = page.getByTestId('error-message')
    this.remedy = page.getByTestId('error-remedy')
  }

  async close(): Promise<void> {
    await this.root.getByTestId('error-close').click()
  }
}
