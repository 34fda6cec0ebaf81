/** Numbers as people read them. The interface is English, so its numbers are too, whatever the computer's own locale is. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const threeDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

/** `812,000`, `1,234`, `0.125`: whole numbers in full, others to three significant digits or to the unit. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 100 ? grouped.format(value) : threeDigits.format(value)
}

/** A unit and how many of the base unit it holds. */
export interface Scale {
  readonly unit: string
  readonly factor: number
}

const timeScales: readonly Scale[] = [
  { unit: 's', factor: 1e9 },
  { unit: 'ms', factor: 1e6 },
  { unit: 'µs', factor: 1e3 },
  { unit: 'ns', factor: 1 },
]

const byteScales: readonly Scale[] = [
  { unit: 'TiB', factor: 2 ** 40 },
  { unit: 'GiB', factor: 2 ** 30 },
  { unit: 'MiB', factor: 2 ** 20 },
  { unit: 'KiB', factor: 2 ** 10 },
  { unit: 'bytes', factor: 1 },
]

function fitting(scales: readonly Scale[], largest: number): Scale {
  return scales.find((scale) => Math.abs(largest) >= scale.factor) ?? scales.at(-1)!
}

/** The unit of time in which the largest of some values, in ns, is at least 1. */
export function timeScale(largestNs: number): Scale {
  return fitting(timeScales, largestNs)
}

function inScale(value: number, scale: Scale): string {
  return `${formatNumber(value / scale.factor)} ${scale.unit}`
}

/** `12.4 µs` from nanoseconds. */
export function formatTime(ns: number): string {
  return inScale(ns, timeScale(ns))
}

/** `32 MiB` from bytes. */
export function formatBytes(bytes: number): string {
  return inScale(bytes, fitting(byteScales, bytes))
}

/** `345 MB/s` from bytes a second; MB is a million bytes, as disks are rated. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatNumber(bytesPerSecond / 1e6)} MB/s`
}

/** `37.5%` from 0.375. */
export function formatFraction(fraction: number): string {
  return `${threeDigits.format(fraction * 100)}%`
}

const formats: Readonly<Record<string, (value: number) => string>> = {
  ns: formatTime,
  ms: (value) => formatTime(value * 1e6),
  bytes: formatBytes,
  'bytes/s': formatRate,
  fraction: formatFraction,
}

/** True when formatQuantity writes values of this unit together with a unit. */
export function carriesUnit(unit: string): boolean {
  return unit in formats
}

/** A value of a metric in the unit that METRICS gives it. */
export function formatQuantity(value: number, unit: string): string {
  return (formats[unit] ?? formatNumber)(value)
}
