import type { Page } from '@playwright/test'

/** The desktop application in a test, whether Electron runs it or the stand-in. */
export interface DesktopLab {
  readonly page: Page
  /** Prepares the answer of the next native dialog. */
  answerDialog(path: string): Promise<void>
  chooseMenu(id: string): Promise<void>
  /** Closes the window as its user does. @returns when the program has ended by itself */
  close(): Promise<void>
}
