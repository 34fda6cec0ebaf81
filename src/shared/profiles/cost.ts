import { z } from 'zod'
import { COST_NAMES, isCostPerByte } from '../../sim/machine/costs.ts'
import type { CostName, CostProfile } from '../../sim/machine/costs.ts'
import { BYTE_UNITS, COST_UNITS, figureNs, OCCURRENCE_UNITS } from './cost-units.ts'
import type { CostUnit } from './cost-units.ts'
import { profileName } from './device.ts'

/**
 * The file of a cost profile, version 1: what each primitive costs on one generation of machines, and who says so. A user copies
 * one of resources/costs, changes it and names it in a machine. The rules for changing this schema are those of the project file.
 */

export const COST_FORMAT = 'dmalab.costs'
export const COST_VERSION = 1

/**
 * How far a value may be trusted.
 * `published`: read in the source. `secondary`: read in somebody's account of the source. `derived`: from such values, by the
 * arithmetic shown. `assumed`: nobody measured it, or nobody here has read who did; no validation may rest on it.
 */
export const COST_MARKS = ['published', 'secondary', 'derived', 'assumed'] as const
export type CostMark = (typeof COST_MARKS)[number]

/** Ten milliseconds: more than any primitive takes, and little enough for a run with it to end. */
const MOST_NS = 1e7

const text = (error: string): z.ZodString => z.string({ error }).trim().min(1, error).max(600)
const year = z.int().min(1970).max(2100)

const figureSchema = z
  .strictObject({
    value: z.number({ error: 'must be a number, 0 or more' }).min(0),
    unit: z.enum(COST_UNITS),
    /** Clock of the processor whose cycles are counted. */
    clockGHz: z.number().min(0.001).max(100).optional(),
    mark: z.enum(COST_MARKS),
    /** Who says so, with an address where there is one; for an assumed value, what it rests on. */
    source: text('must say where the value comes from'),
    /** How a derived value follows from what its source says. */
    arithmetic: z.string().trim().min(1).max(600).optional(),
    /** What was measured, and when (null: its source does not say); an assumed value has those of the profile. */
    hardware: z.string().trim().min(1).max(200).optional(),
    year: year.nullable().optional(),
    /** The validation experiment that sets this value. */
    calibratedBy: z
      .string()
      .regex(/^V\d+$/, 'must be the number of an experiment, such as V1')
      .optional(),
  })
  .refine((figure) => (figure.unit === 'cycles') === (figure.clockGHz !== undefined), {
    path: ['clockGHz'],
    error: 'belongs to the unit cycles, which needs it',
  })
  .refine((figure) => (figure.mark === 'derived') === (figure.arithmetic !== undefined), {
    path: ['arithmetic'],
    error: 'belongs to the mark derived, which needs it',
  })
  .refine((figure) => figure.mark === 'assumed' || figure.hardware !== undefined, {
    path: ['hardware'],
    error: 'must say on what the value was measured',
  })
  .refine((figure) => figure.mark === 'assumed' || figure.year !== undefined, {
    path: ['year'],
    error: 'must say when the value was measured; null if nobody knows',
  })
  .refine((figure) => figureNs(figure) <= MOST_NS, {
    path: ['value'],
    error: `must not come to more than ${MOST_NS.toLocaleString('en-US')} ns`,
  })

export type CostFigure = z.infer<typeof figureSchema>

const figuresSchema = z.record(z.string(), figureSchema).superRefine((figures, context) => {
  const complain = (name: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [name], message })
  for (const name of COST_NAMES) {
    const unit = figures[name]?.unit
    const units: readonly CostUnit[] = isCostPerByte(name) ? BYTE_UNITS : OCCURRENCE_UNITS
    if (unit === undefined) complain(name, 'is missing: the lab needs a value for this cost')
    else if (!units.includes(unit))
      complain(`${name}.unit`, `must be one of ${units.join(', ')} for this cost`)
  }
  for (const name of Object.keys(figures))
    if (!(COST_NAMES as readonly string[]).includes(name))
      complain(name, `is no cost of the lab; its costs are ${COST_NAMES.join(', ')}`)
})

export const costSchema = z.looseObject({
  format: z.literal(COST_FORMAT),
  version: z.literal(COST_VERSION),
  name: profileName,
  title: z.string().trim().min(1).max(120),
  /** The machine that the profile stands for. */
  hardware: z.string().trim().min(1).max(200),
  year,
  costs: figuresSchema.transform((figures) => figures as Readonly<Record<CostName, CostFigure>>),
})

/** A cost profile with its sources, as its file has it. */
export type CostFile = z.infer<typeof costSchema>

/** What the engine needs of a profile. */
export function costProfileOf({ costs }: CostFile): CostProfile {
  return Object.fromEntries(COST_NAMES.map((name) => [name, figureNs(costs[name])])) as CostProfile
}
