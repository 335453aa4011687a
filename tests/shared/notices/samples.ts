import type {
  MirrorFailed,
  NamedFinding,
  OtherPlace,
  PlanRefused,
  RefChange,
  RelayEvent,
  ReplicaBehind,
  ReplicaDiverged,
  ReplicaIncomplete,
  ReplicaUpdated,
  RepositoryEvent,
  ScanEvent,
  ScanIncomplete,
  SecretFound,
  SecretResolved,
  SourceMissing,
} from '../../../shared/events/types.ts'
import { type Item, itemsOf } from '../../../shared/notices/items.ts'
import { tell } from '../../../shared/notices/story.ts'

export const ORDERS = { account: '111111111111', region: 'us-east-1', name: 'orders' }
export const REPLICA = { ...ORDERS, region: 'eu-west-1' }
export const OLD = '7f3c1de09a1f4b2c8d5e6f708192a3b4c5d6e7f8'
export const NEW = 'a7f719bf74e49f78da1a4edfed258b184a7054ff'

export const pushed = (change: Partial<RefChange> = {}): RefChange => ({
  kind: 'updated',
  ref: 'refs/heads/main',
  refType: 'branch',
  commit: NEW,
  oldCommit: OLD,
  ...change,
})

export const tagged = (name: string): RefChange => ({
  kind: 'created',
  ref: `refs/tags/${name}`,
  refType: 'tag',
  commit: NEW,
})

export const repositoryEvent = (
  changes: readonly RefChange[],
  more: Partial<RepositoryEvent> = {},
): RepositoryEvent => ({
  type: 'repository',
  id: '8af024eb-e0b1-535c-b860-72cecbc0de26',
  via: 'eventbridge',
  test: false,
  repository: ORDERS,
  at: '2031-05-17T09:04:33Z',
  actor: 'arn:aws:sts::111111111111:assumed-role/Builder/nina',
  changes,
  ...more,
})

const relay = {
  type: 'relay',
  id: 'f2f0a9c1-5b1e-5b6e-9a55-2f7a4c6f1e10',
  at: '2031-05-17T09:04:35Z',
} as const

export const updated = (detail: Partial<ReplicaUpdated> = {}): RelayEvent => ({
  ...relay,
  detailType: 'Replica Updated',
  detail: {
    repository: ORDERS,
    replica: REPLICA,
    refs: 12,
    created: 1,
    updated: 2,
    deleted: 0,
    digest: 'sha256:aee70febec8d3fea0d4d79347bdc4440c5cfc6cc91911f5b8c56a38aae0bc24d',
    replicaLagMs: 1_300,
    way: 'mirror',
    wayReason: 'asked for',
    reason: 'refs moved',
    provenAt: '2031-05-17T09:04:34.800Z',
    ...detail,
  },
})

export const behind = (detail: Partial<ReplicaBehind> = {}): RelayEvent => ({
  ...relay,
  detailType: 'Replica Behind',
  detail: {
    repository: ORDERS,
    replica: REPLICA,
    refsBehind: 3,
    since: '2031-05-17T08:59:02Z',
    reason: 'the sweep found a difference that no event announced',
    ...detail,
  },
})

export const failed = (detail: Partial<MirrorFailed> = {}): RelayEvent => ({
  ...relay,
  detailType: 'Mirror Failed',
  detail: {
    repository: ORDERS,
    replica: REPLICA,
    attempts: 5,
    code: 'REMOTE_DENIED',
    reason: 'eu-west-1 answered 403 to the push',
    nextStep: 'Let the mirror task’s role push to orders in eu-west-1, then redrive the dead-letter queue.',
    ...detail,
  },
})

export const diverged = (detail: Partial<ReplicaDiverged> = {}): RelayEvent => ({
  ...relay,
  detailType: 'Replica Diverged',
  detail: {
    repository: ORDERS,
    replica: REPLICA,
    refs: [
      { ref: 'refs/heads/main', found: OLD, parked: true },
      { ref: 'refs/tags/v1', found: NEW, parked: true },
    ],
    refsDiverged: 2,
    outcome: 'overwritten',
    ...detail,
  },
})

export const incomplete = (detail: Partial<ReplicaIncomplete> = {}): RelayEvent => ({
  ...relay,
  detailType: 'Replica Incomplete',
  detail: {
    repository: ORDERS,
    replica: REPLICA,
    cause: 'git-lfs',
    seenIn: '.gitattributes of main',
    nextStep: 'Copy the files: `git lfs fetch --all`, then `git lfs push --all`.',
    ...detail,
  },
})

export const refused = (detail: Partial<PlanRefused> = {}): RelayEvent => ({
  ...relay,
  detailType: 'Plan Refused',
  detail: {
    repository: ORDERS,
    replica: REPLICA,
    deletions: 40,
    rewinds: 2,
    refs: 60,
    reason: 'more than 10 refs and more than 30 % of the replica’s',
    nextStep: 'If it is meant: relay seed orders --force. If not: bring the refs back at the source.',
    ...detail,
  },
})

export const sourceMissing = (detail: Partial<SourceMissing> = {}): RelayEvent => ({
  ...relay,
  detailType: 'Source Missing',
  detail: {
    repository: ORDERS,
    replica: REPLICA,
    nextStep: 'If it was deleted by mistake, make it again and push the replica’s refs to it.',
    ...detail,
  },
})

export const storyOf = (...events: (RepositoryEvent | RelayEvent)[]) => {
  const [first, ...others] = events.flatMap(itemsOf)
  return tell([first, ...others] as [Item, ...Item[]])
}

const finding = (more: Partial<NamedFinding> = {}): NamedFinding => ({
  fingerprint: 'k:1',
  rule: 'aws-access-token',
  description: 'AWS access key',
  action: 'block',
  place: 'file',
  path: 'config/app.env',
  line: 12,
  column: 5,
  commit: NEW,
  author: 'Nina',
  refs: ['refs/heads/main'],
  redacted: 'REDACTED',
  note: 'belongs to AWS account 222222222222',
  elsewhere: 1,
  again: false,
  ...more,
})

/** the same secret, open in another repository */
export const elsewhere = (name: string, more: Partial<OtherPlace> = {}): OtherPlace => ({
  repository: { ...ORDERS, name },
  state: 'open',
  place: 'file',
  path: 'deploy.sh',
  line: 3,
  refs: ['refs/heads/main'],
  ...more,
})

const scanned = (event: Pick<ScanEvent, 'detailType' | 'detail'>): RelayEvent =>
  ({ type: 'relay', id: 'f1', at: '2031-05-17T09:04:35Z', ...event }) as RelayEvent

export const secretFound = (
  findings: readonly Partial<NamedFinding>[] = [{}],
  more: Partial<SecretFound> = {},
): RelayEvent =>
  scanned({
    detailType: 'Secret Found',
    detail: {
      repository: ORDERS,
      findings: findings.map(finding),
      found: findings.length,
      blocking: 1,
      nextStep: 'Rotate it: make a new one where it was issued and revoke this one.',
      ...more,
    },
  })

export const secretResolved = (
  findings: readonly Partial<SecretResolved['findings'][number]>[] = [{}],
): RelayEvent =>
  scanned({
    detailType: 'Secret Resolved',
    detail: {
      repository: ORDERS,
      findings: findings.map((one) => ({ ...finding(one), how: one.how ?? 'gone' })),
      resolved: findings.length,
      nextStep: 'If that has not been done: rotate it.',
    },
  })

export const scanIncomplete = (more: Partial<ScanIncomplete> = {}): RelayEvent =>
  scanned({
    detailType: 'Scan Incomplete',
    detail: {
      repository: ORDERS,
      gaps: [{ reason: 'time', path: 'dump.sql', commit: NEW, rule: 'jwt', bytes: 4_000_000 }],
      gapsInAll: 3,
      nextStep: 'Look at it by hand.',
      ...more,
    },
  })

export const scanRulesInvalid = (): RelayEvent =>
  scanned({
    detailType: 'Scan Rules Invalid',
    detail: {
      repository: ORDERS,
      file: '.gitleaks.toml',
      mistakes: ['.gitleaks.toml:7 rules[0].regex: expected a Go regular expression, found an open group'],
      mistakesInAll: 1,
      used: false,
      nextStep: 'Mend .gitleaks.toml on the default branch.',
    },
  })
