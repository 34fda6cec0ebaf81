import type { Locator, Page } from '@playwright/test'
import { ErrorDialog } from './error-dialog.ts'
import { FileDialog } from './file-dialog.ts'
import { ResultsTab } from './results-tab.ts'
import { StartPage } from './start-page.ts'

export type Tab = 'machine' | 'workload' | 'results' | 'project'

/** The whole application, as its user sees it. */
export class Lab {
  readonly page: Page
  readonly start: StartPage
  readonly results: ResultsTab
  readonly fileDialog: FileDialog
  readonly errorDialog: ErrorDialog
  readonly root: Locator
  readonly runButton: Locator
  readonly cancelButton: Locator
  readonly progress: Locator
  readonly progressRows: Locator
  readonly dirtyMarker: Locator
  readonly replaceConfirm: Locator
  readonly replaceCancel: Locator
  readonly problems: Locator
  readonly noPaths: Locator
  readonly loopSelect: Locator
  readonly loopMachine: Locator

  constructor(page: Page) {
    this.page = page
    this.start = new StartPage(page)
    this.results = new ResultsTab(page)
    this.fileDialog = new FileDialog(page)
    this.errorDialog = new ErrorDialog(page)
    this.root = page.getByTestId('lab')
    this.runButton = page.getByTestId('run-button')
    this.cancelButton = page.getByTestId('cancel-button')
    this.progress = page.getByTestId('progress')
    this.progressRows = page.getByTestId('progress-row')
    this.dirtyMarker = page.getByTestId('dirty-marker')
    this.replaceConfirm = page.getByTestId('replace-confirm')
    this.replaceCancel = page.getByTestId('replace-cancel')
    this.problems = page.getByTestId('problems')
    this.noPaths = page.getByTestId('no-paths')
    this.loopSelect = page.getByTestId('loop-select')
    this.loopMachine = page.getByTestId('loop-machine')
  }

  field(name: string): Locator {
    return this.page.getByTestId(`field-${name}`)
  }

  async show(tab: Tab): Promise<void> {
    await this.page.getByTestId(`tab-${tab}`).click()
  }

  /** Sets a field of the machine or workload that the tab shows, and leaves the field. */
  async setField(tab: Tab, name: string, value: string): Promise<void> {
    await this.show(tab)
    await this.field(name).fill(value)
    await this.field(name).blur()
  }

  /** A run that takes a moment and not longer: a job of `requests` requests on the scenario shown. */
  async useShortJob(requests: number): Promise<void> {
    await this.show('workload')
    await this.page.getByTestId('kind-job').click()
    await this.setField('workload', 'requests', String(requests))
  }

  async chooseScenario(index: number): Promise<void> {
    await this.page.getByTestId('scenario-select').selectOption({ index })
  }

  /** Starts a run and waits until its progress shows. */
  async startRun(): Promise<void> {
    await Promise.all([this.progress.waitFor(), this.runButton.click()])
  }

  async press(button: 'new' | 'open' | 'save' | 'save-as'): Promise<void> {
    await this.page.getByTestId(button).click()
  }

  /** Presses the theme button until the page is light or dark. */
  async useTheme(theme: 'light' | 'dark'): Promise<void> {
    const root = this.page.locator('html')
    for (let presses = 0; presses < 3 && (await root.getAttribute('data-theme')) !== theme; presses += 1) {
      await this.page.getByTestId('theme-toggle').first().click()
    }
  }
}
