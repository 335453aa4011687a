import { RelayError } from '../runtime/errors.ts'

/** `{region}` stands for the region. Source: "Regions and Git connection endpoints for AWS CodeCommit", HTTPS. */
const GIT_ENDPOINT = 'https://git-codecommit.{region}.amazonaws.com'

/** `us-east-1`, `ap-southeast-3`, `us-gov-west-1`, `cn-north-1`. */
const REGION = /^[a-z]{2,3}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/

/** CodeCommit API Reference, RepositoryName; that it must not end in `.git` is in "Quotas in AWS CodeCommit". */
const REPOSITORY_NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}(?<!\.git)$/

/**
 * URL of a repository for Git over HTTP, without credentials. CodeCommit wants neither `.git` nor a trailing slash.
 * @param template endpoint with `{region}` in it; undefined: AWS's own
 * @throws RelayError NAME_INVALID for a region or a name that CodeCommit cannot have, ENVIRONMENT_INVALID for a template that
 * makes no plain http(s) URL
 */
export const gitUrl = (template: string | undefined, region: string, name: string): string => {
  if (!REGION.test(region)) throw new RelayError('NAME_INVALID', { region: region.slice(0, 100) })
  if (!REPOSITORY_NAME.test(name)) throw new RelayError('NAME_INVALID', { repository: name.slice(0, 200) })
  return `${origin(template ?? partitionEndpoint(region), region)}/v1/repos/${name}`
}

/** Regions of China end in `.cn`. */
const partitionEndpoint = (region: string) => (region.startsWith('cn-') ? `${GIT_ENDPOINT}.cn` : GIT_ENDPOINT)

const origin = (template: string, region: string): string => {
  const url = URL.parse(template.replaceAll('{region}', region))
  const plain =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === ''
  if (!plain) throw new RelayError('ENVIRONMENT_INVALID', { setting: 'Git endpoint' })
  return url.origin
}
