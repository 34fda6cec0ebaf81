import { z } from 'zod'

/** What a form shows for a field; stored in the schema as zod metadata. */
export interface FieldMeta {
  readonly label: string
  readonly group: string
  readonly help: string
  readonly unit?: string
  /** Names to choose from; other text is allowed. */
  readonly suggestions?: readonly string[]
}

/** A field of a project file that a form shows. */
export const field = <T extends z.ZodType>(schema: T, meta: FieldMeta): T => schema.meta({ ...meta })

/** Whole numbers from `min` to `max`. */
export const whole = (min: number, max: number): z.ZodNumber => z.int().min(min).max(max)

/** Numbers from `min` to `max`, fractions too. */
export const decimal = (min: number, max: number): z.ZodNumber => z.number().min(min).max(max)

/** Of machines, workloads and scenarios. */
export const name = z.string().trim().min(1).max(80)
