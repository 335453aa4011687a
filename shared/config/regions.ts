/**
 * Regions that have CodeCommit, by partition: endpoint list of the AWS SDKs (botocore 1.43, `endpoints.json`, service
 * `codecommit`). Data, so that a new region is one line.
 */
export const REGIONS_BY_PARTITION = {
  aws: [
    'af-south-1',
    'ap-east-1',
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-northeast-3',
    'ap-south-1',
    'ap-south-2',
    'ap-southeast-1',
    'ap-southeast-2',
    'ap-southeast-3',
    'ca-central-1',
    'eu-central-1',
    'eu-north-1',
    'eu-south-1',
    'eu-west-1',
    'eu-west-2',
    'eu-west-3',
    'il-central-1',
    'me-central-1',
    'me-south-1',
    'sa-east-1',
    'us-east-1',
    'us-east-2',
    'us-west-1',
    'us-west-2',
  ],
  'aws-cn': ['cn-north-1', 'cn-northwest-1'],
  'aws-us-gov': ['us-gov-east-1', 'us-gov-west-1'],
} as const satisfies Record<string, readonly string[]>

export const REGIONS: readonly string[] = Object.values(REGIONS_BY_PARTITION).flat()

/** `aws`, `aws-cn` or `aws-us-gov`; undefined for a region without CodeCommit. Roles do not reach across partitions. */
export const partitionOf = (region: string): string | undefined =>
  Object.entries(REGIONS_BY_PARTITION).find(([, regions]) =>
    (regions as readonly string[]).includes(region),
  )?.[0]
