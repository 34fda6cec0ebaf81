import { InvalidArgumentError } from 'commander'
import type { Override } from '../shared/project/resolve.ts'

/** `machine.cpus=8` as a field and a value: a number where it looks like one, true or false, else text. */
export function parseOverride(text: string): Override {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('field=value is expected, for instance machine.cpus=8.')
  const value = text.slice(at + 1)
  if (value === 'true' || value === 'false') return [text.slice(0, at), value === 'true']
  return [text.slice(0, at), /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value]
}
