import { parseJsonText } from '../json-text.ts'
import { schemaFailure } from '../schema-failure.ts'
import { COST_FORMAT, COST_VERSION, costSchema } from './cost.ts'
import type { CostFile } from './cost.ts'

/**
 * Checks the value of a cost file: every cost of the lab, no other, each with a unit that suits it and a source.
 * @param fileName named in errors
 * @throws FailureError `bad-project` naming the file, the field and the remedy
 */
export function checkCosts(value: unknown, fileName: string): CostFile {
  const parsed = costSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const remedy =
    `A cost file says "format": "${COST_FORMAT}", "version": ${COST_VERSION} and gives each cost of the lab a value, unit, mark and source; ` +
    "copy one of the lab's (dmalab costs x86new --json mine.json) and change it."
  throw schemaFailure(parsed.error, fileName, remedy)
}

/**
 * Reads a cost file's text.
 * @throws FailureError `bad-project` naming the file, the place and the remedy
 */
export function parseCosts(text: string, fileName: string): CostFile {
  return checkCosts(parseJsonText(text, fileName), fileName)
}
