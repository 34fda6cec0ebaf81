import type { Locator, Page } from '@playwright/test'

/** The page's own file dialog, which the browser host asks for. */
export class FileDialog {
  readonly root: Locator
  readonly entries: Locator
  readonly name: Locator
  readonly confirm: Locator

  constructor(page: Page) {
    this.root = page.getByTestId('file-dialog')
    this.entries = page.getByTestId('file-entry')
    this.name = page.getByTestId('file-name-input')
    this.confirm = page.getByTestId('file-confirm')
  }

  async choose(name: string): Promise<void> {
    await this.name.fill(name)
    await this.confirm.click()
  }
}
