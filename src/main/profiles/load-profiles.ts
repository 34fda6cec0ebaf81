import { readFile } from 'node:fs/promises'
import { basename, isAbsolute, resolve } from 'node:path'
import { FailureError } from '../../shared/ipc/failure.ts'
import { BUILTIN_DEVICES } from '../../shared/profiles/builtin-devices.ts'
import { BUILTIN_NICS } from '../../shared/profiles/builtin-nics.ts'
import { BUILTIN_DEVICE_NAMES } from '../../shared/profiles/device-files.ts'
import { BUILTIN_NIC_NAMES } from '../../shared/profiles/nic-files.ts'
import { parseDevice } from '../../shared/profiles/parse-device.ts'
import { parseNic } from '../../shared/profiles/parse-nic.ts'
import type { DeviceProfile } from '../../sim/lab/device-profile.ts'
import type { NicProfile } from '../../sim/lab/nic-profile.ts'
import type { RunProfiles } from '../../sim/lab/run.ts'
import type { MachineConfig } from '../../sim/lab/scenario.ts'
import { errorCode, ioFailure } from '../handlers/io-failure.ts'

/** A field of the machine that names a profile: where it may come from. */
interface ProfileField<T> {
  readonly field: string
  /** What a profile describes. */
  readonly what: string
  readonly builtin: ReadonlyMap<string, T>
  readonly names: readonly string[]
  readonly parse: (text: string, fileName: string) => T
}

const DEVICE: ProfileField<DeviceProfile> = {
  field: 'machine.device',
  what: 'device',
  builtin: BUILTIN_DEVICES,
  names: BUILTIN_DEVICE_NAMES,
  parse: parseDevice,
}

const NIC: ProfileField<NicProfile> = {
  field: 'machine.nic',
  what: 'adapter',
  builtin: BUILTIN_NICS,
  names: BUILTIN_NIC_NAMES,
  parse: parseNic,
}

/**
 * The profile that a field names.
 * @param value name of one of the lab's, or a path of a file, absolute or relative to the project file
 * @param projectDir folder of the project file; null while the project is not saved
 * @throws FailureError `not-found` or `bad-project`, naming what to do
 */
async function loadProfile<T>(from: ProfileField<T>, value: string, projectDir: string | null): Promise<T> {
  const { field, what } = from
  const builtin = from.builtin.get(value)
  if (builtin !== undefined) return builtin
  const known = `Use one of: ${from.names.join(', ')}; or the path of a ${what} file, which ends in .json.`
  if (!value.endsWith('.json')) {
    throw new FailureError({
      code: 'not-found',
      place: field,
      message: `the lab has no ${what} "${value}"`,
      remedy: known,
    })
  }
  if (!isAbsolute(value) && projectDir === null) {
    throw new FailureError({
      code: 'bad-project',
      place: field,
      message: `"${value}" is relative to the project file, but the project is not saved yet`,
      remedy: `Save the project first, or give the full path of the ${what} file.`,
    })
  }
  const path = resolve(projectDir ?? '', value)
  try {
    return from.parse(await readFile(path, 'utf8'), basename(path))
  } catch (error) {
    if (error instanceof FailureError) throw error
    if (errorCode(error) === 'ENOENT') {
      throw new FailureError({
        code: 'not-found',
        place: path,
        message: `the ${what} file does not exist`,
        remedy: `Mend ${field}. ${known}`,
      })
    }
    throw ioFailure(error, path, 'cannot be read')
  }
}

/**
 * Reads what a machine names and files describe.
 * @param projectDir folder of the project file; null while the project is not saved
 * @throws FailureError naming the file, the place and the remedy
 */
export async function loadProfiles(machine: MachineConfig, projectDir: string | null): Promise<RunProfiles> {
  return {
    device: await loadProfile(DEVICE, machine.device, projectDir),
    nic: await loadProfile(NIC, machine.nic, projectDir),
  }
}
