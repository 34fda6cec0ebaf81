import { dirname } from 'node:path'
import type { Handlers } from '../../shared/ipc/contract.ts'
import { loadCosts } from '../profiles/load-profiles.ts'
import type { FileGrants } from './file-grants.ts'

/** Cost profiles to look at: the lab's own, and the files that a project names. */
export function costHandlers(grants: FileGrants): Pick<Handlers, 'costs.open'> {
  return {
    'costs.open': async ({ costs, token }) =>
      loadCosts(costs, token === null ? null : dirname(grants.get(token).path)),
  }
}
