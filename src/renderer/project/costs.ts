import { ask } from '../bridge/connection.ts'
import { useConnection } from '../bridge/key.ts'
import { useDialogs } from '../stores/dialogs.ts'
import { useProject } from '../stores/project.ts'

/**
 * Shows a cost profile and its sources in a dialog; a profile that cannot be read shows its failure.
 * @returns a function that takes the profile as a machine names it
 */
export function useCosts(): (costs: string) => Promise<void> {
  const { bridge } = useConnection()
  const dialogs = useDialogs()
  const projects = useProject()
  return async (costs) => {
    try {
      await dialogs.showCosts(await ask(bridge, 'costs.open', { costs, token: projects.token }))
    } catch (error) {
      await dialogs.showFailure('The cost profile cannot be shown', error)
    }
  }
}
