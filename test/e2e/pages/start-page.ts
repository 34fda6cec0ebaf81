import type { Locator, Page } from '@playwright/test'

export class StartPage {
  readonly root: Locator
  readonly examples: Locator
  readonly recent: Locator

  constructor(page: Page) {
    this.root = page.getByTestId('start-page')
    this.examples = page.getByTestId(/^example-/)
    this.recent = page.getByTestId('recent')
  }

  async openExample(index: number): Promise<void> {
    await this.examples.nth(index).click()
  }

  /** Opens an experiment of the validation, V1 for instance. */
  async openExperiment(id: string): Promise<void> {
    await this.root.getByTestId('group-validation').getByTestId(`example-validation/${id}`).click()
  }

  async pressOpen(): Promise<void> {
    await this.root.getByTestId('open').click()
  }

  async pressNew(): Promise<void> {
    await this.root.getByTestId('new').click()
  }
}
