import type { CostFile } from './cost.ts'
import { COST_FILES } from './cost-files.ts'
import { checkCosts } from './parse-cost.ts'

/** The cost profiles that ship with the lab, by name. */
export const BUILTIN_COSTS: ReadonlyMap<string, CostFile> = new Map(
  Object.entries(COST_FILES).map(([name, content]) => [name, checkCosts(content, `${name}.json`)]),
)
