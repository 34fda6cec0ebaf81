import { BUILTIN_COSTS } from '../../../src/shared/profiles/builtin-costs.ts'
import { costProfileOf } from '../../../src/shared/profiles/cost.ts'
import type { CostProfile } from '../../../src/sim/machine/costs.ts'

/** What a cost profile of the lab gives to the engine. */
export function builtinCosts(name: string): CostProfile {
  const file = BUILTIN_COSTS.get(name)
  if (file === undefined) throw new Error(`no cost profile ${name}`)
  return costProfileOf(file)
}
