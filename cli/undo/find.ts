import { sameAddress } from '../../shared/codecommit/address.ts'
import { isRefName } from '../../shared/git/ref-name.ts'
import type { Target } from '../../shared/replication/prove.ts'
import { chooseTip, refNamed } from '../../shared/replication/undo.ts'
import type { ParkedStore, ParkedTip } from '../../shared/store/parked.ts'
import type { Pair } from '../../shared/store/records.ts'
import { UserError } from '../errors.ts'
import type { Operator } from '../operator.ts'

/** One replica, and what was parked of it. */
export interface Parked {
  readonly target: Target
  readonly tips: readonly ParkedTip[]
  /** nobody asks for it now: the source is gone, relay.yml or its tag no longer names it, or it is the source since a failover */
  readonly isLeft: boolean
}

/**
 * Everything that was parked of a repository's replicas, of those too that are kept no longer, behind the others.
 * @param to `region` or `region/account`
 * @throws UserError when relay.yml names no such replica, or no such repository is there, and nothing is parked of one either
 */
export const findParked = async (
  operator: Pick<Operator, 'targets' | 'config'>,
  store: Pick<ParkedStore, 'list' | 'parkings'>,
  repository: string,
  to: string | undefined,
): Promise<readonly Parked[]> => {
  const [region, account] = to?.split('/') ?? []
  const all = await operator.targets({ repositories: [repository], to: region })
  const inPlace = ({ replica }: Pair) =>
    (region === undefined || replica.region === region) &&
    (account === undefined || replica.account === account)
  const targets = all.filter(inPlace)
  const left = (await store.parkings())
    .filter((pair) => pair.repository.name === repository && inPlace(pair))
    .filter(({ replica }) => !targets.some((target) => sameAddress(target.replica, replica)))
    .map((pair) => leftTarget(operator.config, pair))
  if (targets.length + left.length === 0) {
    throw new UserError(
      `There is no replica of ${repository}${to === undefined ? '' : ` in ${to}`} that relay.yml names.`,
      'Is the name right, is the repository there, and does relay.yml include it? --config names another file.',
    )
  }
  const withTips = (isLeft: boolean) => async (target: Target) => ({
    target,
    tips: await store.list(target.replica),
    isLeft,
  })
  return Promise.all([...targets.map(withTips(false)), ...left.map(withTips(true))])
}

/** A replica of another account is reached by the role that relay.yml still names for that account, if it does. */
const leftTarget = ({ replicate }: Operator['config'], { repository, replica }: Pair): Target => {
  const places = replicate.flatMap(({ to }) => to).filter(({ account }) => account === replica.account)
  const { role, externalId } = places.find(({ region }) => region === replica.region) ?? places[0] ?? {}
  return {
    repository,
    replica: {
      ...replica,
      ...(role !== undefined && { role }),
      ...(externalId !== undefined && { externalId }),
    },
    deletes: 'keep',
  }
}

export interface Found extends Pick<Parked, 'target' | 'isLeft'> {
  readonly tip: ParkedTip
  /** when something else was last parked of the ref before this tip; absent: nothing is known of that time */
  readonly after?: string
}

/**
 * The one tip that is meant.
 * @throws UserError for a name that is unknown or means two refs, for a time that nothing is parked of, for a tip that has expired
 */
export const findTip = (
  parked: readonly Parked[],
  name: string,
  at: 'latest' | number,
  now: number,
): Found => {
  const ref = refOf(name, parked)
  const chosen = parked.map(({ tips, ...rest }) => {
    const ofRef = tips.filter((tip) => tip.ref === ref)
    return { ...rest, ofRef, chosen: chooseTip(ofRef, at, now) }
  })
  for (const { target, isLeft, ofRef, chosen: found } of chosen) {
    if (found.kind !== 'tip') continue
    const after = lastBefore(ofRef, found.tip)
    return { target, isLeft, tip: found.tip, ...(after !== undefined && { after }) }
  }
  for (const { chosen: found } of chosen) {
    if (found.kind !== 'expired') continue
    const { oid, until } = found.tip
    throw new UserError(
      `${ref} was at ${oid.slice(0, 12)} then; that was kept until ${until} and has expired.`,
      'parking.days in relay.yml says how long; --list shows what is left. Somebody’s clone may still have it.',
    )
  }
  throw new UserError(
    `Nothing was parked of ${ref} at that time or later.`,
    'If it has not been overwritten or deleted since, it still holds what it held then.',
  )
}

const lastBefore = (tips: readonly ParkedTip[], tip: ParkedTip): string | undefined =>
  tips
    .map(({ at }) => at)
    .filter((at) => Date.parse(at) < Date.parse(tip.at))
    .sort()
    .at(-1)

const refOf = (name: string, parked: readonly Parked[]): string => {
  const known = parked.flatMap(({ tips }) => tips.map(({ ref }) => ref))
  const named = refNamed(name, known)
  if (named.kind === 'ref') return named.ref
  if (named.kind === 'ambiguous') {
    throw new UserError(
      `${name} is a branch and a tag.`,
      `Say which: ${named.refs.map((ref) => ref.replace('refs/', '')).join(' or ')}.`,
    )
  }
  const similar =
    named.similar.length > 0 ? `Parked is: ${named.similar.join(', ')}.` : '--list shows what is parked.'
  throw new UserError(`Nothing that was overwritten or deleted is known of ${name}.`, similar)
}

/**
 * Full name of the ref that is to hold the tip.
 * @param as as typed; a short name means a branch for what was a branch, a tag for what was a tag
 * @throws UserError for what cannot be a ref
 */
export const destinationOf = (tip: ParkedTip, as: string | undefined): string => {
  if (as === undefined) return tip.ref
  const [, space = 'heads'] = tip.ref.split('/')
  const full = /^refs\//.test(as) ? as : /^(heads|tags)\//.test(as) ? `refs/${as}` : `refs/${space}/${as}`
  if (isRefName(full)) return full
  throw new UserError(
    `${as} cannot be the name of a branch or tag.`,
    'For example --as rescue, or --as tags/old-v1.',
  )
}
