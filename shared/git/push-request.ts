import { RelayError } from '../runtime/errors.ts'
import { bestSideBand, OID } from './fetch-request.ts'
import { encodeLines } from './pkt-line.ts'
import { isRefName } from './ref-name.ts'
import { type RefCommand, ZERO_OID } from './types.ts'

/** Most commands in one push; servers have limits of their own below it. */
export const PUSH_LIMITS = { commands: 65_536 }

/**
 * What goes before the pack: the commands, the first with the capabilities behind a NUL, and a flush.
 * Source: gitprotocol-pack ("Reference Update Request and Packfile Transfer"): no line feed after a command.
 * @throws RelayError GIT_LIMIT past {@link PUSH_LIMITS}, NAME_INVALID without a command, for what is no object id, no branch
 * or tag, and for a ref that is created and deleted at once
 */
export const encodePush = (commands: readonly RefCommand[], offered: readonly string[]): Buffer => {
  const { commands: most } = PUSH_LIMITS
  if (commands.length > most)
    throw new RelayError('GIT_LIMIT', { limit: 'commands', most, count: commands.length })
  if (commands.length === 0) throw new RelayError('NAME_INVALID', { problem: 'nothing is commanded' })
  const capabilities = pushCapabilities(offered).join(' ')
  return encodeLines([
    ...commands.map((command, n) => `${lineFor(command)}${n === 0 ? `\0${capabilities}` : ''}`),
    { type: 'flush' },
  ])
}

/** Of what the replica offers, what is asked for: never `agent`, which CodeCommit takes badly. */
export const pushCapabilities = (offered: readonly string[]): string[] => {
  const sideBand = bestSideBand(offered)
  return ['report-status', ...(sideBand ? [sideBand] : []), 'quiet'].filter((name) => offered.includes(name))
}

/** Whether a pack follows: deletions alone send none, anything else sends at least the empty one. */
export const packIsDue = (commands: readonly RefCommand[]): boolean =>
  commands.some(({ to }) => to !== ZERO_OID)

const lineFor = ({ ref, from, to }: RefCommand): string => {
  if (!OID.test(from) || !OID.test(to)) throw new RelayError('NAME_INVALID', { problem: 'object id', ref })
  if (!isRefName(ref)) throw new RelayError('NAME_INVALID', { problem: 'ref name' })
  if (from === to) throw new RelayError('NAME_INVALID', { problem: 'nothing to change', ref })
  return `${from} ${to} ${ref}`
}
