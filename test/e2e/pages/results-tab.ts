import { readFile } from 'node:fs/promises'
import { expect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

export const CHARTS = ['throughput', 'latency', 'cpu', 'shootdowns'] as const
export type ChartId = (typeof CHARTS)[number]

interface Download {
  readonly name: string
  readonly data: Buffer
}

export class ResultsTab {
  readonly #page: Page
  readonly verdict: Locator
  readonly metrics: Locator
  readonly verifyErrors: Locator
  readonly staleBadge: Locator

  constructor(page: Page) {
    this.#page = page
    this.verdict = page.getByTestId('verdict')
    this.metrics = page.getByTestId('metrics-table')
    this.verifyErrors = page.getByTestId('verify-errors')
    this.staleBadge = page.getByTestId('stale-badge')
  }

  chart(id: ChartId): Locator {
    return this.#page.getByTestId(`chart-${id}`)
  }

  /** How many pixels of a chart are drawn in a colour that stands out from an empty canvas. */
  async paintedPixels(id: ChartId): Promise<number> {
    await expect(this.chart(id)).toHaveAttribute('data-state', 'drawn')
    // The page's own types are not those of this file, which is compiled for Node.
    interface Canvas {
      readonly width: number
      readonly height: number
      getContext(kind: '2d'): {
        getImageData(
          x: number,
          y: number,
          width: number,
          height: number,
        ): { readonly data: Uint8ClampedArray }
      }
    }
    return await this.chart(id)
      .locator('canvas')
      .evaluate((element) => {
        const canvas = element as unknown as Canvas
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        let painted = 0
        for (let alpha = 3; alpha < data.length; alpha += 4) if ((data[alpha] ?? 0) > 0) painted += 1
        return painted
      })
  }

  async pressExport(id: ChartId, kind: 'png' | 'csv'): Promise<void> {
    await this.chart(id).getByTestId(`export-${kind}`).click()
  }

  /** Exports a chart as a browser does, by a download. */
  async download(id: ChartId, kind: 'png' | 'csv'): Promise<Download> {
    const [download] = await Promise.all([this.#page.waitForEvent('download'), this.pressExport(id, kind)])
    return { name: download.suggestedFilename(), data: await readFile(await download.path()) }
  }
}
