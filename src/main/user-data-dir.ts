import { homedir } from 'node:os'
import { join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

function configDir(env: Environment, platform: NodeJS.Platform): string {
  if (platform === 'win32') return env.APPDATA ?? join(homedir(), 'AppData', 'Roaming')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support')
  return env.XDG_CONFIG_HOME ?? join(homedir(), '.config')
}

/** Where both hosts keep the list of recent files: Electron's own place, unless DMALAB_USER_DATA names another. */
export function userDataDir(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return env.DMALAB_USER_DATA ?? join(configDir(env, platform), 'dmalab')
}
