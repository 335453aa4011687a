const PARTITIONS = new Set([
  'aws',
  'aws-cn',
  'aws-us-gov',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
  'aws-eusc',
])

const IAM_KINDS = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
]

/** What AWS finds wrong with the form of a `Resource`, as recorded answers say it; undefined: nothing. */
export const resourceComplaint = (resource: string): string | undefined => {
  if (resource === '*') return undefined
  const [first, rest] = cut(resource)
  if (rest === undefined) return `Resource ${first} must be in ARN format or "*".`
  const [partition, after] = cut(rest)
  if (partition !== '*' && !PARTITIONS.has(partition)) return badPartition(partition, after)
  if (after === undefined) return 'Resource vendor must be fully qualified and cannot contain regexes.'
  const [service, place = ''] = cut(after)
  const regional = !place.startsWith(':')
  const id = place.split(':').slice(2).join(':')
  if (service === 'iam') {
    if (regional) return `IAM resource ${resource} cannot contain region information.`
    if (id !== '*' && id !== 'root' && !IAM_KINDS.some((kind) => id.startsWith(kind)))
      return `IAM resource path must either be "*", root, or start with ${IAM_KINDS.join(', ')}.`
  }
  if (service === 's3' && regional && !id.startsWith('accesspoint/'))
    return `Resource ${resource} can not contain region information.`
  return undefined
}

/** Whether AWS's older parser, which reads each policy too, gets through a `Resource` of right form. */
export const isLegacyResource = (resource: string): boolean => {
  if (resource === '*') return true
  const parts = resource.split(':')
  return (parts.length > 5 || !resource.includes('::')) && (parts[2] ?? '') !== ''
}

const badPartition = (partition: string, rest: string | undefined): string => {
  const [service = '', region = '*', account = '*', ...id] = rest?.split(':') ?? []
  const vendor = rest?.includes(':') || service !== '' ? service : '*'
  const arn = `arn:${partition}:${vendor}:${region}:${account}:${id.length > 0 ? id.join(':') : '*'}`
  return `Partition "${partition}" is not valid for resource "${arn}".`
}

const cut = (text: string): [before: string, after: string | undefined] => {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}
