import { AwsError, type Caller, type Permission } from '../gateway/service.ts'
import type { Sender } from '../gateway/wires.ts'
import type { Layer, Verdict } from './decide.ts'

export interface Refusal {
  readonly who: Caller | Sender
  readonly permission: Pick<Permission, 'action' | 'resource'>
  readonly verdict: Pick<Verdict, 'decision' | 'layer'>
  /** the resource's policy is a role's trust policy */
  readonly trust: boolean
}

const KINDS: Readonly<Record<Layer, { readonly with: string; readonly no: string }>> = {
  identity: { with: 'an identity-based policy', no: 'identity-based policy' },
  boundary: { with: 'a permissions boundary', no: 'permissions boundary' },
  session: { with: 'a session policy', no: 'session policy' },
  resource: { with: 'a resource-based policy', no: 'resource-based policy' },
}

/**
 * The error of a denial: IAM user guide, "Troubleshoot access denied error messages". Of a role that a caller may not assume AWS
 * says no more than that, as recorded answers show.
 */
export const denial = ({ who, permission, verdict, trust }: Refusal): AwsError => {
  const { action, resource } = permission
  const { decision, layer } = verdict
  const name = 'arn' in who ? who.arn : who.service
  const asked = `User: ${name} is not authorized to perform: ${action} on resource: ${resource}`
  const why =
    decision === 'explicitDeny'
      ? ` with an explicit deny in ${KINDS[layer].with}`
      : trust
        ? ''
        : ` because no ${KINDS[layer].no} allows the ${action} action`
  return new AwsError('AccessDeniedException', asked + why, trust ? 403 : 400)
}
