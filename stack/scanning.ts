import { allow, type Statement } from './policy.ts'
import { arnsOf } from './repositories.ts'
import { named, type Plan, type Resources, ref, type Value } from './resources.ts'

const FINGERPRINT_KEY_ID = 'FingerprintKey'

/** Characters of the key, of 62 each: more than 256 bits. */
const KEY_LENGTH = 64

/** Whether relay.yml has anything scanned. */
export const isScanning = ({ config }: Plan): boolean => config.scan.length > 0

/**
 * The key under which found secrets are remembered: made by CloudFormation, known to nobody. It goes with the stack, as
 * the table does: without the findings it is of no use.
 */
export const scanning = (plan: Plan): Resources =>
  isScanning(plan)
    ? {
        [FINGERPRINT_KEY_ID]: {
          Type: 'AWS::SecretsManager::Secret',
          DeletionPolicy: 'Delete',
          UpdateReplacePolicy: 'Retain',
          Properties: {
            Name: named(plan, 'fingerprint-key'),
            Description: 'CodeCommit Relay: key of the fingerprints by which found secrets are remembered',
            GenerateSecretString: { PasswordLength: KEY_LENGTH, ExcludePunctuation: true },
          },
        },
      }
    : {}

/** ARN of the secret that holds the key; `none` where nothing is scanned. */
export const fingerprintKeyArn = (plan: Plan): Value => (isScanning(plan) ? ref(FINGERPRINT_KEY_ID) : 'none')

/** What function and task read: what was pushed, by one fetch; the team's rules and single files, by the API; the key. */
export const readInTask = (plan: Plan): readonly Statement[] => [
  allow(
    [
      'codecommit:GetBlob',
      'codecommit:GetCommit',
      'codecommit:GetDifferences',
      'codecommit:GetFile',
      'codecommit:GetRepository',
      'codecommit:GitPull',
    ],
    scannedArns(plan),
  ),
  allow(['secretsmanager:GetSecretValue'], isScanning(plan) ? [ref(FINGERPRINT_KEY_ID)] : []),
]

/** The function is asked by the schedule as well, for all that there is. */
export const readScanned = (plan: Plan): readonly Statement[] => [
  ...readInTask(plan),
  // has no resource type (Service Authorization Reference, AWS CodeCommit)
  allow(['codecommit:ListRepositories'], isScanning(plan) ? ['*'] : []),
]

const scannedArns = ({ config, region }: Plan): readonly Value[] =>
  arnsOf(
    config.scan.flatMap(({ repositories }) =>
      repositories.filter((glob) => !glob.startsWith('!')).map((glob) => `${region} ${glob}`),
    ),
  )
