import type { NicProfile } from '../../sim/lab/nic-profile.ts'
import { NIC_FILES } from './nic-files.ts'
import { checkNic } from './parse-nic.ts'

/** The network adapters that ship with the lab, by name. */
export const BUILTIN_NICS: ReadonlyMap<string, NicProfile> = new Map(
  Object.entries(NIC_FILES)
    .map(([name, value]) => checkNic(value, `resources/nics/${name}.json`))
    .map((nic) => [nic.name, nic]),
)
