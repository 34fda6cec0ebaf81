import * as buf from '../../kernel/bufcache/buf.ts'
import * as msf from '../../kernel/msf-buf/msf-buf.ts'

type FlagNames = readonly (readonly [bit: number, name: string])[]

/** The flags of a buffer, by name. */
export const BUF_FLAG_NAMES: FlagNames = Object.entries(buf).flatMap(([name, bit]) =>
  name.startsWith('B_') && typeof bit === 'number' ? [[bit, name] as const] : [],
)

/** The flags of an msf_buf, by name. */
export const MSF_FLAG_NAMES: FlagNames = [
  [msf.HAS_BUF, 'HAS_BUF'],
  [msf.HAS_XIO, 'HAS_XIO'],
  [msf.OWN_BUF, 'OWN_BUF'],
  [msf.OWN_XIO, 'OWN_XIO'],
  [msf.POOLED, 'POOLED'],
]

/** Names of the flags that are set. */
export function flagNames(names: FlagNames, flags: number): string[] {
  return names.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)
}
