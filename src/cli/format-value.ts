/** A number for people: thousands apart, and no more digits than say something. */
export function formatValue(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  return Math.abs(value) < 10
    ? value.toPrecision(4)
    : value.toLocaleString('en-US', { maximumFractionDigits: 1 })
}
