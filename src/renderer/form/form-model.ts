import { z } from 'zod'
import type { FieldMeta } from '../../shared/project/schema.ts'

/** A form, read off a zod object schema: its fields with metadata, in groups, in the schema's order. */

export type FieldKind =
  | { readonly kind: 'whole' | 'decimal'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly options: readonly (string | number)[] }
  | { readonly kind: 'text'; readonly maxLength: number }
  | { readonly kind: 'flag' }

export type FormField = FieldMeta &
  FieldKind & {
    readonly key: string
    /** The schema's default; undefined when the field has none. */
    readonly fallback: unknown
  }

export interface FormGroup {
  readonly name: string
  readonly fields: readonly FormField[]
}

type ObjectSchema = z.ZodType & { readonly shape: Readonly<Record<string, z.ZodType>> }

function kindOf(schema: z.ZodType): FieldKind | null {
  if (schema instanceof z.ZodNumber) {
    return {
      kind: schema.isInt ? 'whole' : 'decimal',
      min: schema.minValue ?? Number.MIN_SAFE_INTEGER,
      max: schema.maxValue ?? Number.MAX_SAFE_INTEGER,
    }
  }
  if (schema instanceof z.ZodEnum) return { kind: 'choice', options: schema.options }
  if (schema instanceof z.ZodLiteral)
    return { kind: 'choice', options: [...schema.values] as (string | number)[] }
  if (schema instanceof z.ZodBoolean) return { kind: 'flag' }
  if (schema instanceof z.ZodString)
    return { kind: 'text', maxLength: schema.maxLength ?? Number.MAX_SAFE_INTEGER }
  return null
}

function fieldOf(key: string, schema: z.ZodType): FormField | null {
  const inner = schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema
  const meta = inner.meta() as FieldMeta | undefined
  const kind = kindOf(inner)
  if (meta === undefined || kind === null) return null
  return {
    ...meta,
    ...kind,
    key,
    fallback: schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined,
  }
}

/** The form of a schema. Fields without metadata (names, kinds) are no part of it. */
export function formOf(schema: ObjectSchema): readonly FormGroup[] {
  const fields = Object.entries(schema.shape).flatMap(([key, each]) => fieldOf(key, each) ?? [])
  const names = [...new Set(fields.map((field) => field.group))]
  return names.map((name) => ({ name, fields: fields.filter((field) => field.group === name) }))
}

const rangeEnd = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 6 })

/** What a field takes, for its hint: `1 to 64`. Choices show themselves. */
export function describeRange(field: FormField): string {
  return field.kind === 'whole' || field.kind === 'decimal'
    ? `${rangeEnd(field.min)} to ${rangeEnd(field.max)}`
    : ''
}

function expectation(field: FormField): string {
  switch (field.kind) {
    case 'whole':
      return `must be a whole number from ${describeRange(field)}`
    case 'decimal':
      return `must be a number from ${describeRange(field)}`
    case 'choice':
      return `must be one of ${field.options.join(', ')}`
    case 'text':
      return `must be text of 1 to ${field.maxLength.toLocaleString('en-US')} characters`
    case 'flag':
      return 'must be on or off'
  }
}

/**
 * What is wrong with the values of a form, by field key. A value of the wrong type or range is told what is allowed; a
 * rule over several fields speaks for itself.
 */
export function problemsOf(schema: ObjectSchema, values: unknown): ReadonlyMap<string, string> {
  const parsed = schema.safeParse(values)
  const fields = new Map(
    formOf(schema)
      .flatMap((group) => group.fields)
      .map((field) => [field.key, field]),
  )
  const problems = new Map<string, string>()
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0] ?? '')
    const field = fields.get(key)
    if (!problems.has(key))
      problems.set(key, field === undefined || issue.code === 'custom' ? issue.message : expectation(field))
  }
  return problems
}

/** The value that typed text stands for; text that is no such number stays text, which the schema then refuses. */
export function valueOf(field: FormField, text: string): unknown {
  if (field.kind === 'text') return text
  if (field.kind === 'choice') return field.options.find((option) => String(option) === text) ?? text
  const digits = text.replace(/[\s_]/g, '')
  const isNumber = (field.kind === 'decimal' ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/).test(digits)
  return isNumber ? Number(digits) : text
}

/** The text that stands for a value in an input. */
export function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
