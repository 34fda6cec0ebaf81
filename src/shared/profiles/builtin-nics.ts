import type { NicProfile } from '../../sim/lab/nic-profile.ts'
import { checkNic } from './parse-nic.ts'

const FILES = import.meta.glob<unknown>('../../../resources/nics/*.json', {
  eager: true,
  import: 'default',
})

/** The network adapters that ship with the lab, by name. */
export const BUILTIN_NICS: ReadonlyMap<string, NicProfile> = new Map(
  Object.entries(FILES)
    .map(([path, value]) => checkNic(value, path))
    .map((nic) => [nic.name, nic]),
)

/** Their names, in alphabetical order. */
export const BUILTIN_NIC_NAMES: readonly string[] = [...BUILTIN_NICS.keys()].sort()
