import type { Experiment } from './types.ts'

/**
 * The experiments as `dmalab validate` runs them.
 * @throws Error when two of them have one id, or set one parameter: what the first was set to would not hold for the second
 */
export function register(experiments: readonly Experiment[]): readonly Experiment[] {
  const ids = new Set<string>()
  const setters = new Map<string, string>()
  for (const { id, calibrates } of experiments) {
    if (ids.has(id)) throw new Error(`two experiments are called ${id}`)
    ids.add(id)
    for (const parameter of calibrates) {
      const other = setters.get(parameter)
      if (other !== undefined) throw new Error(`"${parameter}" is set by ${other} and by ${id}`)
      setters.set(parameter, id)
    }
  }
  return experiments
}
