import { readFile } from 'node:fs/promises'
import { basename, isAbsolute, resolve } from 'node:path'
import { FailureError } from '../../shared/ipc/failure.ts'
import { BUILTIN_COSTS } from '../../shared/profiles/builtin-costs.ts'
import { BUILTIN_DEVICES } from '../../shared/profiles/builtin-devices.ts'
import { BUILTIN_NICS } from '../../shared/profiles/builtin-nics.ts'
import { costProfileOf } from '../../shared/profiles/cost.ts'
import type { CostFile } from '../../shared/profiles/cost.ts'
import { BUILTIN_COST_NAMES } from '../../shared/profiles/cost-files.ts'
import { BUILTIN_DEVICE_NAMES } from '../../shared/profiles/device-files.ts'
import { parseCosts } from '../../shared/profiles/parse-cost.ts'
import { BUILTIN_NIC_NAMES } from '../../shared/profiles/nic-files.ts'
import { parseDevice } from '../../shared/profiles/parse-device.ts'
import { parseNic } from '../../shared/profiles/parse-nic.ts'
import type { DeviceProfile } from '../../sim/lab/device-profile.ts'
import type { NicProfile } from '../../sim/lab/nic-profile.ts'
import type { RunProfiles } from '../../sim/lab/run.ts'
import type { MachineConfig } from '../../sim/lab/scenario.ts'
import { errorCode, ioFailure } from '../handlers/io-failure.ts'

/** One kind of thing that a machine names: the lab's own by name, a user's by the path of its file. */
interface ProfileKind<T> {
  /** Where it is named. */
  readonly place: string
  readonly noun: string
  readonly file: string
  readonly builtin: ReadonlyMap<string, T>
  readonly names: readonly string[]
  readonly parse: (text: string, fileName: string) => T
}

const DEVICE: ProfileKind<DeviceProfile> = {
  place: 'machine.device',
  noun: 'device',
  file: 'device file',
  builtin: BUILTIN_DEVICES,
  names: BUILTIN_DEVICE_NAMES,
  parse: parseDevice,
}

const NIC: ProfileKind<NicProfile> = {
  place: 'machine.nic',
  noun: 'network adapter',
  file: 'adapter file',
  builtin: BUILTIN_NICS,
  names: BUILTIN_NIC_NAMES,
  parse: parseNic,
}

const COSTS: ProfileKind<CostFile> = {
  place: 'machine.costs',
  noun: 'cost profile',
  file: 'cost file',
  builtin: BUILTIN_COSTS,
  names: BUILTIN_COST_NAMES,
  parse: parseCosts,
}

/**
 * @param name of the lab's own, or a path of a file, absolute or relative to the project file
 * @param projectDir folder of the project file; null while the project is not saved
 * @throws FailureError `not-found`, `bad-project` or `io-error`, naming what to do
 */
async function load<T>(kind: ProfileKind<T>, name: string, projectDir: string | null): Promise<T> {
  const builtin = kind.builtin.get(name)
  if (builtin !== undefined) return builtin
  const known = `Use one of: ${kind.names.join(', ')}; or the path of a ${kind.file}, which ends in .json.`
  if (!name.endsWith('.json')) {
    throw new FailureError({
      code: 'not-found',
      place: kind.place,
      message: `the lab has no ${kind.noun} "${name}"`,
      remedy: known,
    })
  }
  if (!isAbsolute(name) && projectDir === null) {
    throw new FailureError({
      code: 'bad-project',
      place: kind.place,
      message: `"${name}" is relative to the project file, but the project is not saved yet`,
      remedy: `Save the project first, or give the full path of the ${kind.file}.`,
    })
  }
  const path = resolve(projectDir ?? '', name)
  try {
    return kind.parse(await readFile(path, 'utf8'), basename(path))
  } catch (error) {
    if (error instanceof FailureError) throw error
    if (errorCode(error) === 'ENOENT') {
      throw new FailureError({
        code: 'not-found',
        place: path,
        message: `the ${kind.file} does not exist`,
        remedy: `Mend ${kind.place}. ${known}`,
      })
    }
    throw ioFailure(error, path, 'cannot be read')
  }
}

/**
 * The cost profile that a machine names, with the sources of its values.
 * @param costs name of one of the lab's, or a path of a cost file, absolute or relative to the project file
 * @param projectDir folder of the project file; null while the project is not saved
 * @throws FailureError naming the file, the place and the remedy
 */
export function loadCosts(costs: string, projectDir: string | null): Promise<CostFile> {
  return load(COSTS, costs, projectDir)
}

/**
 * Reads what a machine names and files describe.
 * @param projectDir folder of the project file; null while the project is not saved
 * @throws FailureError naming the file, the place and the remedy
 */
export async function loadProfiles(machine: MachineConfig, projectDir: string | null): Promise<RunProfiles> {
  const device = await load(DEVICE, machine.device, projectDir)
  const costs = await loadCosts(machine.costs, projectDir)
  const nic = await load(NIC, machine.nic, projectDir)
  return { device, nic, costs: costProfileOf(costs) }
}
