import { InvalidArgumentError } from 'commander'
import type { Override } from '../shared/project/resolve.ts'
import { parseOverride } from './overrides.ts'

/** A field and the values that it takes, one after the other. */
export interface SweepAxis {
  readonly field: string
  readonly values: readonly (string | number | boolean)[]
}

/** `machine.cpus=1,2,8` as a field and its values. @throws InvalidArgumentError for an empty or a double value */
export function parseAxis(text: string): SweepAxis {
  const at = text.indexOf('=')
  if (at < 1)
    throw new InvalidArgumentError('field=value,value,... is expected, for instance machine.cpus=1,2,8.')
  const field = text.slice(0, at)
  const parts = text.slice(at + 1).split(',')
  if (parts.includes('')) throw new InvalidArgumentError(`A value of ${field} is empty.`)
  const values = parts.map((part) => parseOverride(`${field}=${part}`)[1] as string | number | boolean)
  if (new Set(values).size !== values.length)
    throw new InvalidArgumentError(`A value of ${field} is named twice.`)
  return { field, values }
}

/** Adds an axis to those given before. @throws InvalidArgumentError when the field has one already */
export function addAxis(axis: SweepAxis, axes: readonly SweepAxis[]): readonly SweepAxis[] {
  if (axes.some(({ field }) => field === axis.field))
    throw new InvalidArgumentError(`${axis.field} is set twice; name all its values at once.`)
  return [...axes, axis]
}

/** How many points axes span. */
export function countPoints(axes: readonly SweepAxis[]): number {
  return axes.reduce((product, { values }) => product * values.length, 1)
}

/** Every combination of the axes' values; the last axis changes fastest. */
export function pointsOf(axes: readonly SweepAxis[]): readonly (readonly Override[])[] {
  return axes.reduce<readonly (readonly Override[])[]>(
    (points, { field, values }) =>
      points.flatMap((point) => values.map((value): Override[] => [...point, [field, value]])),
    [[]],
  )
}
